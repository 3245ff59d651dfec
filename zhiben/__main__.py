import sys

from zhiben.config.cli import main

sys.exit(main())
