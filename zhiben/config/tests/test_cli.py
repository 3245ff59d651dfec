import os
import subprocess
import sys

import pytest
from django.core.management import get_commands

from zhiben.config import cli


def test_without_words_it_lists_the_commands_by_area(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 0
    shown = capsys.readouterr().out
    assert all(area in shown for area, _ in cli.AREAS)
    assert "plans extract" in shown


def test_every_command_it_lists_exists() -> None:
    listed = {words.split()[0] for _, commands in cli.AREAS for words, _ in commands}
    assert listed - {"plans"} <= set(get_commands())


def test_reading_plans_starts_without_django() -> None:
    code = (
        "import sys; from zhiben.config import cli\n"
        "try: cli.main(['plans', 'extract', '--help'])\n"
        "except SystemExit: pass\n"
        "sys.exit('django' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_a_variable_that_cannot_be_read_is_named() -> None:
    environment = {**os.environ, "ZHIBEN_LEAST_FREE_MB": "许多"}
    done = subprocess.run([sys.executable, "-m", "zhiben", "check"], env=environment, capture_output=True, check=False)
    assert done.returncode == 1
    assert done.stderr.decode().startswith("环境变量 ZHIBEN_LEAST_FREE_MB 的值看不懂")
