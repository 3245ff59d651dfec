"""A piece of a draft as plain JSON, and back again: what undo restores and the edit log keeps.

A piece is an item with all that hangs on it, a goal, a duty outside the tasks, or a version's facts; its key is
"planitem:12". A snapshot is {field: value, …, "departments": [{"id", field: value, …, "units": [pk, …]}, …], …}; a
piece that does not exist is null.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models

from ..models import (
    ItemDepartment,
    ItemFrequency,
    ItemIndicator,
    ItemMilestone,
    PlanGoal,
    PlanItem,
    PlanObligation,
    PlanVersion,
)

Snapshot = dict[str, Any]
Pieces = dict[str, Snapshot | None]

SPAN = ("span_start", "span_end", "confidence", "doubts")
ADDRESS = ("resolution", "body_id", "reason", "suggestions")
FIELDS: dict[type[models.Model], tuple[str, ...]] = {
    PlanItem: (
        *(
            "version_id",
            "action_id",
            "parent_id",
            "predecessor_id",
            "upper_id",
            "task_id",
            "number",
            "title",
            "content",
        ),
        *("body_start", "body_end", "position", "dropped", "checked", "left_undispatched", *SPAN),
    ),
    PlanGoal: ("version_id", "due_on", "text", "indicators", "dropped", *SPAN),
    PlanObligation: (
        *("version_id", "text", "who", "per", "due_on", "min_count", "position", "dropped", "lineage"),
        *(*SPAN, *ADDRESS),
    ),
    PlanVersion: ("title", "issuer", "document_number", "issued_on", "period_start", "period_end"),
    ItemDepartment: ("name", "role", "position", *SPAN, *ADDRESS),
    ItemMilestone: ("due_on", "text", *SPAN),
    ItemIndicator: ("metric", "operator", "value", "unit", "year", "approximate", *SPAN),
    ItemFrequency: ("text", "per", "min_count", *SPAN),
}
CHILDREN: dict[str, type[models.Model]] = {
    "departments": ItemDepartment,
    "milestones": ItemMilestone,
    "indicators": ItemIndicator,
    "frequencies": ItemFrequency,
}
PIECES: dict[str, type[models.Model]] = {
    "planitem": PlanItem,
    "plangoal": PlanGoal,
    "planobligation": PlanObligation,
    "planversion": PlanVersion,
}
WITH_UNITS = (ItemDepartment, PlanObligation)


def key_of(piece: models.Model) -> str:
    return f"{piece._meta.model_name}:{piece.pk}"


def take(keys: Iterable[str]) -> Pieces:
    """Snapshots of these pieces as they stand; a constant number of queries."""
    pieces: Pieces = dict.fromkeys(keys)
    for model, pks in by_model(pieces).items():
        rows = list(model._default_manager.filter(pk__in=pks))
        units = _units_of(model, pks)
        for row in rows:
            pieces[key_of(row)] = _fields_of(row, units)
        if model is PlanItem:
            _take_children(pieces, pks)
    return pieces


def _take_children(pieces: Pieces, item_ids: list[int]) -> None:
    for name, model in CHILDREN.items():
        children = defaultdict(list)
        # Any: the four models have `item_id` in common, but no class that declares it
        rows: list[Any] = list(model._default_manager.filter(item__in=item_ids).order_by("pk"))
        units = _units_of(model, [row.pk for row in rows])
        for row in rows:
            children[row.item_id].append({"id": row.pk} | _fields_of(row, units))
        for item_id in item_ids:
            if (snapshot := pieces[f"planitem:{item_id}"]) is not None:
                snapshot[name] = children[item_id]


def put_back(pieces: Pieces, *, revision: int) -> None:
    """Make these pieces what their snapshots say, keys included; a null snapshot removes the piece."""
    grouped = by_model(pieces)
    item_ids = grouped.get(PlanItem, [])
    for child in CHILDREN.values():
        child._default_manager.filter(item__in=item_ids).delete()
    for model, pks in grouped.items():
        gone = [pk for pk in pks if pieces[f"{model._meta.model_name}:{pk}"] is None]
        model._default_manager.filter(pk__in=gone).delete()
        for pk in pks:
            if snapshot := pieces[f"{model._meta.model_name}:{pk}"]:
                stated = {name: _restored(model, name, snapshot[name]) for name in FIELDS[model]}
                if not model._default_manager.filter(pk=pk).update(**stated, revision=revision):
                    model._default_manager.create(pk=pk, **stated, revision=revision)
                _put_units(model, [(pk, snapshot)])
    for name, child in CHILDREN.items():
        belonging = [(pk, each) for pk in item_ids for each in (pieces[f"planitem:{pk}"] or {}).get(name, ())]
        child._default_manager.bulk_create([_row(child, each, pk=each["id"], item_id=pk) for pk, each in belonging])
        _put_units(child, [(each["id"], each) for _, each in belonging])


def changed_fields(before: Snapshot | None, after: Snapshot | None) -> dict[str, tuple[Any, Any]]:
    """{field: (before, after)} of what differs; an added or removed piece is all of its fields."""
    before, after = before or {}, after or {}
    names = dict.fromkeys((*before, *after))
    return {name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)}


def by_model(keys: Iterable[str]) -> dict[type[models.Model], list[int]]:
    grouped: dict[type[models.Model], list[int]] = defaultdict(list)
    for key in keys:
        name, _, pk = key.partition(":")
        grouped[PIECES[name]].append(int(pk))
    return grouped


def _fields_of(row: models.Model, units: dict[int, list[int]]) -> Snapshot:
    snapshot = {name: _plain(getattr(row, name)) for name in FIELDS[type(row)]}
    return snapshot | {"units": units.get(row.pk, [])} if isinstance(row, WITH_UNITS) else snapshot


def _units_of(model: type[models.Model], pks: Iterable[int]) -> dict[int, list[int]]:
    if not issubclass(model, WITH_UNITS):
        return {}
    through, owner = model.units.through, f"{model._meta.model_name}_id"
    units = defaultdict(list)
    for owner_id, unit_id in (
        through.objects.filter(**{f"{owner}__in": pks}).order_by("pk").values_list(owner, "unit_id")
    ):
        units[owner_id].append(unit_id)
    return units


def _put_units(model: type[models.Model], stated: list[tuple[int, Snapshot]]) -> None:
    if not issubclass(model, WITH_UNITS):
        return
    through: type[models.Model] = model.units.through
    owner = f"{model._meta.model_name}_id"
    through._default_manager.filter(**{f"{owner}__in": [pk for pk, _ in stated]}).delete()
    through._default_manager.bulk_create(
        [through(**{owner: pk, "unit_id": unit}) for pk, snapshot in stated for unit in snapshot["units"]]
    )


def _row(model: type[models.Model], snapshot: Snapshot, **also: Any) -> models.Model:
    return model(**{name: _restored(model, name, snapshot[name]) for name in FIELDS[model]}, **also)


def _restored(model: type[models.Model], name: str, value: Any) -> Any:
    if name.endswith("_id") or value is None:
        return value
    field = model._meta.get_field(name)
    assert isinstance(field, models.Field)  # a snapshot holds columns only
    return field.to_python(value)


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return value
