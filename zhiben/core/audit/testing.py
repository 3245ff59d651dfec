"""Only for tests: lets the test database be emptied between tests that commit. `conftest.py` calls it once."""

from django.db import connections
from django.test import TransactionTestCase

from . import guard


def let_test_database_be_flushed() -> None:
    """Take the guards away just before Django empties the tables; `post_migrate`, sent by the flush, puts them back."""
    flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]
    if getattr(flush, "guards_lifted", False):
        return

    def lift_and_flush(self: TransactionTestCase) -> None:
        for alias in self._databases_names(include_mirrors=False):  # type: ignore[attr-defined]
            guard.remove(connections[alias])
        flush(self)

    lift_and_flush.guards_lifted = True  # type: ignore[attr-defined]
    TransactionTestCase._fixture_teardown = lift_and_flush  # type: ignore[attr-defined]
