"""After every migration the tables follow the catalogue that ships with this version of the program."""

from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection

from zhiben.core import clock
from zhiben.core.access.acting import Machine

from .models import Edition
from .services import keep


def keep_after_migrate(*, using: str = DEFAULT_DB_ALIAS, **signal: Any) -> None:
    """Where only another module was migrated, or this one was taken back, there may be no table yet."""
    if using == DEFAULT_DB_ALIAS and Edition._meta.db_table in connection.introspection.table_names():
        keep(by=Machine("升级程序"), now=clock.now())
