"""Running tasks brought in line with a revised plan: what changed is changed on the task, with its line in the trail;
its history, its feedback and what was reached stay."""

from datetime import datetime

from zhiben.core.access.acting import By
from zhiben.core.workflow import engine
from zhiben.modules.tasks.dispatching import share_task
from zhiben.modules.tasks.models import TaskStatus
from zhiben.modules.tasks.services import NewMilestone, revise_task, withdraw_tasks

from ..models import PlanItem
from .publication import Dispatch, Publication, cannot_move, dispatch_of, origin_of, shortened


def carry_on(publication: Publication, *, by: By, now: datetime) -> None:
    """Every item that continues a task of the version before takes it over."""
    version = publication.version
    for dispatch in (*publication.kept, *publication.done):
        dispatch.item.task = dispatch.continued
    PlanItem.objects.bulk_update(
        [each.item for each in (*publication.kept, *publication.done)], ["task"], batch_size=500
    )
    for dispatch in publication.kept:
        old = dispatch.item.predecessor
        assert old is not None  # else there would be no task to keep
        assert version.based_on is not None
        before = dispatch_of(old, version.based_on)
        _revise(dispatch, before, publication, by, now)
        _reshare(dispatch, before, publication, by, now)


def _revise(dispatch: Dispatch, before: Dispatch, publication: Publication, by: By, now: datetime) -> None:
    """Only what the plan itself changed: a day that was extended on application is not set back."""
    version, item, old = publication.version, dispatch.item, before.item
    origin = origin_of(item, version)
    changes = {"origin_label": origin.label, "programme_label": origin.programme_label, "number": origin.number,
               "position": origin.position}  # fmt: skip
    if item.title != old.title:
        changes["title"] = shortened(item.title)
    if item.content != old.content:
        changes["content"] = item.content
    if dispatch.due_on != before.due_on:
        changes["due_on"] = dispatch.due_on
        changes["limit_on"] = max(filter(None, (version.period_end, dispatch.due_on)))
    days = [(each.due_on, each.text) for each in item.milestones.all()]
    moved = days != [(each.due_on, each.text) for each in old.milestones.all()]
    revise_task(
        task=dispatch.continued, by=by, now=now, reason=f"{version}发布",
        milestones=[NewMilestone(*day) for day in days] if moved else None, **changes,
    )  # fmt: skip


def _reshare(dispatch: Dispatch, before: Dispatch, publication: Publication, by: By, now: datetime) -> None:
    """Units that the plan added take part, those it took out are released, and the holder moves."""
    task = dispatch.continued
    reason = f"{publication.version}调整了责任单位"
    named = {each.unit.pk for each in dispatch.assignments}
    named_before = {each.unit.pk for each in before.assignments}
    holder_changed = before.holder.unit.pk != dispatch.holder.unit.pk != task.responsible_unit_id
    if holder_changed and not cannot_move(dispatch):
        engine.fire(task, "reassign", by=by, now=now, responsible_unit=dispatch.holder.unit, reason=reason)
    children = list(task.children.exclude(status__in=(TaskStatus.COMPLETED, TaskStatus.WITHDRAWN)))
    released = (named_before - named) | {dispatch.holder.unit.pk}  # who now holds it all has no part of it besides
    gone = [child for child in children if child.responsible_unit_id in released]
    for result in withdraw_tasks(tasks=gone, reason=reason, by=by, now=now):
        result.or_raise()
    working = {child.responsible_unit_id for child in children} | {dispatch.holder.unit.pk}
    joining = [each for each in dispatch.assignments if each.unit.pk not in named_before | working]
    if joining:
        share_task(task=task, assignments=joining, by=by, now=now)
