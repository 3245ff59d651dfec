"""A version's rows copied into a new draft, each knowing which it continues."""

from collections.abc import Callable
from typing import Any

from django.db import models

from ..models import ItemDepartment, ItemFrequency, ItemIndicator, ItemMilestone, PlanItem, PlanObligation, PlanVersion


def copy_rows(current: PlanVersion, version: PlanVersion) -> None:
    actions: dict[int, int] = {}
    for action in current.actions.all():
        old = action.pk
        action.pk, action._state.adding, action.version = None, True, version
        action.save()
        actions[old] = action.pk
    items: dict[int, int] = {}
    parents: dict[int, int] = {}
    for item in current.items.filter(dropped=False):
        old = item.pk
        if item.parent_id:
            parents[old] = item.parent_id
        item.pk, item._state.adding, item.version, item.predecessor_id = None, True, version, old
        item.action_id = actions.get(item.action_id) if item.action_id else None
        item.parent_id, item.task_id = None, None
        item.revision, item.checked = 0, True
        item.save()
        items[old] = item.pk
    for child, parent in parents.items():
        PlanItem.objects.filter(pk=items[child]).update(parent=items.get(parent))
    for model in (ItemMilestone, ItemIndicator, ItemFrequency):
        _copy(model.objects.filter(item__in=items), lambda row: {"item_id": items[row.item_id]})
    _copy(ItemDepartment.objects.filter(item__in=items), lambda row: {"item_id": items[row.item_id]})
    _copy(current.goals.filter(dropped=False), lambda row: {"version_id": version.pk, "revision": 0})
    _copy(current.obligations.filter(dropped=False), lambda row: {"version_id": version.pk, "revision": 0})


def _copy(originals: models.QuerySet, changes: Callable[[Any], dict[str, Any]]) -> None:
    """Copies of these rows, their units with them."""
    rows = list(originals)
    if not rows:
        return
    model = type(rows[0])
    before = [row.pk for row in rows]
    for row in rows:
        row.pk, row._state.adding = None, True
        for name, value in changes(row).items():
            setattr(row, name, value)
    made = dict(zip(before, (row.pk for row in model.objects.bulk_create(rows)), strict=True))
    if model in (ItemDepartment, PlanObligation):
        through, owner = model.units.through, f"{model._meta.model_name}_id"
        links = through.objects.filter(**{f"{owner}__in": before}).values_list(owner, "unit_id")
        through.objects.bulk_create(through(**{owner: made[pk], "unit_id": unit}) for pk, unit in links)
