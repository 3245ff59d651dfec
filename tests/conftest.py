"""The same cast for the tests that cross modules."""

from zhiben.conftest import cast, now

__all__ = ["cast", "now"]
