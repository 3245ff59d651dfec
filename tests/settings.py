"""The settings of the test suite: the product's own, and the record on which the engine is tried."""

from zhiben.config.settings import *  # noqa: F403
from zhiben.config.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.errands"]
