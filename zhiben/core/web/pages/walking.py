"""How a list of a million rows is to be read: in its order, from an index; but a needle is looked for before it is sorted.

Fifty rows in the order of an index are found soon where many are left, and only after a million where none is. Neither
database sees the difference: PostgreSQL takes it that conditions have nothing to do with each other, SQLite knows nothing
of how many rows a condition leaves. What an index tells of the conditions is therefore asked first, without the order.

SQLite needs more. For "this region, newest first" it would look up every row of the region, one by one all over the file,
and sort them; for "this unit's, closed", all that are closed. Where many rows are left, the conditions are kept away from
its choice of an index, but for those that an index leads on from into the order; what belongs to a unit, an enterprise or a
region that has not too many is found by it. PostgreSQL has statistics and chooses for itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, models
from django.db.models import Field, QuerySet
from django.db.models.expressions import Col
from django.db.models.lookups import Exact, GreaterThanOrEqual, In, LessThan
from django.db.models.sql.where import AND, WhereNode

from zhiben.core.org.paths import RegionPathField

from .columns import field_at

FEW = 2000
"""So many rows are named by their keys, and sorted."""
MANY = 50_000
"""So many rows of one unit or region are looked through for what else is asked of them."""


def in_its_order(rows: QuerySet, field: str) -> QuerySet:
    """The same rows, to be asked for in the order of this field and the key. A query more, on SQLite a few."""
    if not _may_be_led(rows):
        return rows
    holder = _narrow_holder(rows)
    if not is_led(rows.model, field):
        return _found_by(rows, holder) if holder else rows  # they are sorted anyway
    fixed = {column: each for each in rows.query.where.children if (column := _fixed(each, rows.model))}
    leading = _leading(rows.model, set(fixed), field)
    if not any(rows.model._meta.get_field(column).is_relation for column in leading):  # of no unit, no enterprise
        if holder:
            return _found_by(rows, holder)
        if (keys := _few(rows)) is not None:
            return rows.filter(pk__in=keys)
    return _found_by(rows, [fixed[column] for column in leading]) if connection.vendor == "sqlite" else rows


def _few(rows: QuerySet) -> list[Any] | None:
    """Keys of the rows that keep what indexes tell of their conditions; None where that are too many. What only the row
    itself tells, such as its words, is not asked: nobody knows how many it leaves before all are read."""
    told = {name for index in rows.model._meta.indexes for name, _ in index.fields_orders}
    asked = [each for each in rows.query.where.children if _asks_only(each, rows.model, told)]
    if not asked:
        return None
    found = rows.model._base_manager.all()
    found.query.where = WhereNode(asked, AND)
    keys = list(found.order_by().values_list("pk", flat=True)[: FEW + 1])
    return keys if len(keys) <= FEW else None


def of_the_narrowest(rows: QuerySet) -> QuerySet:
    """The same rows, to be counted or sorted: found by the index of the unit, enterprise or region they are asked to belong
    to, where that has not too many of them."""
    holder = _narrow_holder(rows) if _may_be_led(rows) else None
    return _found_by(rows, holder) if holder else rows


def _narrow_holder(rows: QuerySet) -> list[Any] | None:
    """The conditions that say whose the rows are, or else where, if not too many keep them. SQLite only."""
    for kept in _holders(rows) if connection.vendor == "sqlite" else ():
        held = rows.order_by()
        held.query.where = WhereNode(list(kept), AND)
        if held[: MANY + 1].count() <= MANY:
            return kept
    return None


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
    """Whether the rows keep several conditions at once and are not named by their keys."""
    where = rows.query.where
    if where.negated or where.connector != AND:
        return False
    return not any(isinstance(each, In) and _field(each) == rows.model._meta.pk for each in where.children)


def _holders(rows: QuerySet) -> Iterator[list[Any]]:
    """The conditions that say whose the rows are, each with an index that begins with it; then the ones that say where."""
    begun = {index.fields_orders[0][0] for index in rows.model._meta.indexes if index.fields}
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


def _asks_only(condition: Any, model: type[models.Model], names: set[str]) -> bool:
    """Whether a condition looks at these fields of the model and at nothing else."""
    if isinstance(condition, WhereNode):
        return all(_asks_only(each, model, names) for each in condition.children)
    field = _field(condition)
    plain = isinstance(getattr(condition, "lhs", None), Col) and not hasattr(getattr(condition, "rhs", None), "as_sql")
    return plain and field is not None and field in model._meta.concrete_fields and field.name in names


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
