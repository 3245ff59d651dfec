"""How SQLite is to read a list of a million rows: in its order, from an index.

It knows nothing of how many rows a condition leaves. For "this region, newest first" it would look up every row of the
region, one by one all over the file, and sort them, to show fifty; for "this unit's, closed", all that are closed. Where
more rows are left than can be sorted in passing, the conditions are therefore kept away from its choice of an index, but
for those that an index leads on from into the order; what is only counted is found by the unit or region it belongs to.
PostgreSQL has statistics and is left alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, models
from django.db.models import Field, QuerySet
from django.db.models.lookups import Exact, GreaterThanOrEqual, In, LessThan
from django.db.models.sql.where import AND, WhereNode

from zhiben.core.org.paths import RegionPathField

from .columns import field_at

FEW = 3000
"""So many rows are found by whatever index, and sorted."""
MANY = 20_000
"""So many rows of one unit or region are looked through for what else is asked of them."""


def in_its_order(rows: QuerySet, field: str) -> QuerySet:
    """The same rows, to be asked for in the order of this field and the key. A few queries more on SQLite."""
    if not _may_be_led(rows):
        return rows
    found = of_the_narrowest(rows)
    if not is_led(rows.model, field):
        return found  # they are sorted anyway
    fixed = {column: each for each in rows.query.where.children if (column := _fixed(each, rows.model))}
    leading = _leading(rows.model, set(fixed), field)
    of_one = any(rows.model._meta.get_field(column).is_relation for column in leading)  # of a unit, of an enterprise
    if not of_one and found.order_by()[: FEW + 1].count() <= FEW:
        return found
    return _found_by(rows, [fixed[column] for column in leading])


def of_the_narrowest(rows: QuerySet) -> QuerySet:
    """The same rows, to be counted or sorted: found by the index of the unit, enterprise or region they are asked to belong
    to, where that has not too many of them."""
    if not _may_be_led(rows):
        return rows
    for kept in _holders(rows):
        if len(kept) == len(rows.query.where.children):
            return rows
        held = rows.order_by()
        held.query.where = WhereNode(list(kept), AND)
        if held[: MANY + 1].count() <= MANY:
            return _found_by(rows, kept)
    return rows


def is_led(model: type[models.Model], field: str) -> bool:
    """Whether an index leads to all rows of the model in the order of this field and the key."""
    pk = model._meta.pk.name
    if field in ("pk", pk):
        return True
    plain = [[name for name, _ in index.fields_orders] for index in model._meta.indexes if not index.condition]
    if any(names in ([field], [field, pk]) for names in plain):
        return True
    column = field_at(model, field) if "__" not in field else None
    return column is not None and (column.unique or column.db_index)


def _may_be_led(rows: QuerySet) -> bool:
    """Whether SQLite is asked, for rows that keep several conditions at once and are not named by their keys."""
    where = rows.query.where
    if connection.vendor != "sqlite" or where.negated or where.connector != AND:
        return False
    return not any(isinstance(each, In) and _field(each) == rows.model._meta.pk for each in where.children)


def _holders(rows: QuerySet) -> Iterator[list[Any]]:
    """The conditions that say whose the rows are, each with an index that begins with it; then the ones that say where."""
    begun = {index.fields_orders[0][0] for index in rows.model._meta.indexes if index.fields and not index.condition}
    region: list[Any] = []
    for each in rows.query.where.children:
        field = _field(each)
        if (
            field is None
            or field.model is not rows.model
            or not (field.name in begun or getattr(field, "db_index", False))
        ):
            continue
        if field.is_relation and _fixed(each, rows.model):
            yield [each]
        elif isinstance(field, RegionPathField):
            region.append(each)
    exact = [each for each in region if isinstance(each, Exact)]
    lows = [each for each in region if isinstance(each, GreaterThanOrEqual)]
    highs = [each for each in region if isinstance(each, LessThan)]
    if exact:
        yield exact[:1]
    elif lows and highs:  # of a town inside a county: the town's
        yield [max(lows, key=lambda each: str(each.rhs)), min(highs, key=lambda each: str(each.rhs))]


def _found_by(rows: QuerySet, kept: list[Any]) -> QuerySet:
    """The same rows; only the conditions that are kept may lead to them."""
    found = rows.all()
    rest = WhereNode([each for each in rows.query.where.children if not any(each is one for one in kept)], AND)
    if rest.children:
        found.query.where = WhereNode([*kept, _OnlyCompared(rest)], AND)  # type: ignore[list-item]
    return found


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
