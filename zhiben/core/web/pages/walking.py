"""How SQLite is to read a list of a million rows: in its order, from an index.

It knows nothing of how many rows a condition leaves. For "this region, newest first" it would look up every row of the
region, one by one all over the file, and sort them, to show fifty. Where more rows are left than can be sorted in passing,
the conditions are therefore kept away from its choice of an index, but for those that an index leads on from into the order.
PostgreSQL has statistics and is left alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, models
from django.db.models import Field, QuerySet
from django.db.models.lookups import Exact, In
from django.db.models.sql.where import AND, WhereNode

FEW = 500
"""So many rows are found by whatever index, and sorted."""


def in_its_order(rows: QuerySet, field: str) -> QuerySet:
    """The same rows, to be asked for in the order of this field and the key. One query more on SQLite."""
    where = rows.query.where
    if connection.vendor != "sqlite" or where.negated or where.connector != AND:
        return rows
    if any(isinstance(each, In) and _field(each) == rows.model._meta.pk for each in where.children):
        return rows  # the keys are known
    fixed = {column: each for each in where.children if (column := _fixed(each, rows.model))}
    leading = _leading(rows.model, set(fixed), field)
    of_one = any(rows.model._meta.get_field(column).is_relation for column in leading)  # of a unit, of an enterprise
    if not of_one and rows.order_by()[: FEW + 1].count() <= FEW:
        return rows
    walked = rows.all()
    kept = [fixed[column] for column in leading]
    rest = WhereNode([each for each in where.children if not any(each is one for one in kept)], AND)
    if rest.children:
        walked.query.where = WhereNode([*kept, _OnlyCompared(rest)], AND)  # type: ignore[list-item]
    return walked


def by_their_keys(rows: QuerySet, keys: Sequence[Any]) -> QuerySet:
    """Those among the rows that have these keys, in no order; their conditions are asked again and lead nowhere."""
    found = rows.order_by()
    if connection.vendor == "sqlite" and found.query.where.children:
        found.query.where = WhereNode([_OnlyCompared(found.query.where)], AND)  # type: ignore[list-item]
    return found.filter(pk__in=keys)


@dataclass
class _OnlyCompared:
    """A condition that no index is to be chosen for: SQLite takes none for what stands behind a plus."""

    condition: WhereNode
    contains_aggregate = False
    contains_over_clause = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        sql, values = self.condition.as_sql(compiler, connection)
        return f"+({sql})", list(values)


def _field(condition: Any) -> Field | None:
    return getattr(getattr(condition, "lhs", None), "target", None)


def _fixed(condition: Any, model: type[models.Model]) -> str:
    """The field of the model that can have one value only."""
    field = _field(condition)
    one = isinstance(condition, Exact) or (isinstance(condition, In) and _length(condition.rhs) == 1)
    return field.name if one and field is not None and field in model._meta.concrete_fields else ""


def _length(values: Any) -> int:
    return len(values) if isinstance(values, list | tuple | set | frozenset) else 0


def _leading(model: type[models.Model], fixed: set[str], field: str) -> list[str]:
    """The fields with which an index begins that goes on with the order; rather a unit than what many share, else the
    most there are."""
    pk = model._meta.pk.name
    found: list[tuple[bool, int, list[str]]] = []
    for index in model._meta.indexes:
        names = [name for name, _ in index.fields_orders]
        at = names.index(field) if field in names else 0
        before = names[:at]
        if before and not index.condition and set(before) <= fixed and names[at + 1 : at + 2] in ([pk], []):
            found.append((any(model._meta.get_field(name).is_relation for name in before), at, before))
    return max(found, default=(False, 0, []))[2]
