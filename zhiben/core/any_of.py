"""Rows whose column is one of thousands of values: `rows.filter(AnyOf(F("origin_id"), keys))`.

One parameter however many there are: `__in` looks at each of them nine times on its way, and SQLite takes only so many."""

import json
from typing import Any
from uuid import UUID

from django.db.models import Lookup


class AnyOf(Lookup):
    """Of texts, whole numbers or UUIDs, as the database keeps them."""

    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column, parameters = self.process_lhs(compiler, connection)
        if connection.vendor == "postgresql":
            return f"{column} = ANY(%s)", (*parameters, list(self.rhs))
        values = json.dumps([value.hex if isinstance(value, UUID) else value for value in self.rhs])
        return f"{column} IN (SELECT value FROM json_each(%s))", (*parameters, values)  # noqa: S608 — a column of our own
