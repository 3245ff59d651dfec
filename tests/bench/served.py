"""The product's own settings, with the bare views beside its addresses."""

from zhiben.config.settings import *  # noqa: F403

ROOT_URLCONF = "tests.bench.bare"
