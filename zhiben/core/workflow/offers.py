"""What a person may do with a record now, said before they do it: the new state, the deadlines, who will be told."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime

from zhiben.core.access.acting import Acting
from zhiben.core.access.actors import may_act
from zhiben.core.access.directory import Directory

from . import inputs
from .claims import holders_of
from .engine import objection
from .models import ApprovalRequest
from .refusal import StepRefused
from .table import Input, Record, Step, Workflow, workflow_of


@dataclass(frozen=True)
class Offer:
    """A button. `refusal` is the sentence why it is there but cannot be used now."""

    step: Step
    inputs: Sequence[Input]
    refusal: str | None
    target_label: str
    due: tuple[tuple[str, date], ...]
    """(label of the deadline, last day in time) that run after the step, as far as they are known before it."""
    told: tuple[str, ...]
    """Names of the people it will come to."""


def offers(record: Record, acting: Acting, now: datetime, directory: Directory | None = None) -> list[Offer]:
    """The steps that lead on from here and belong to this person, refused ones with their sentence.

    `directory`: one of the same moment that already knows the units of the record."""
    workflow = workflow_of(record)
    directory = directory or Directory(now)
    holder = holders_of(workflow.record_type, [record.pk], now).get(str(record.pk))
    state = getattr(record, workflow.field_name)
    return [
        _offer(workflow, step, record, acting, now, directory, holder)
        for step in workflow.steps_from(state)
        if may_act(step.actor, record, acting, directory)
    ]


def offer(record: Record, step_name: str, acting: Acting, now: datetime) -> Offer:
    """One step for its dialog. Raises StepRefused when there is no such step or it is not theirs."""
    workflow = workflow_of(record)
    directory = Directory(now)
    try:
        step = workflow.step(step_name)
    except KeyError:
        raise StepRefused("没有这个步骤，请刷新页面") from None
    holder = holders_of(workflow.record_type, [record.pk], now).get(str(record.pk))
    return _offer(workflow, step, record, acting, now, directory, holder)


def requests_before(record: Record, acting: Acting) -> list[ApprovalRequest]:
    """Requests about this record on which this person still has to vote."""
    workflow = workflow_of(record)
    voter = (acting.on_behalf_of or acting.person).pk
    pending = ApprovalRequest.objects.filter(
        record_type=workflow.record_type, record_id=str(record.pk), status=ApprovalRequest.Status.PENDING
    ).exclude(votes__person_id=voter)
    return [request for request in pending if voter in request.voters and request.asked_by_id != acting.person.pk]


def _offer(
    workflow: Workflow,
    step: Step,
    record: Record,
    acting: Acting,
    now: datetime,
    directory: Directory,
    holder: object,
) -> Offer:
    state = getattr(record, workflow.field_name)
    target = step.lands_in(state)
    after = copy(record)
    setattr(after, workflow.field_name, target)
    return Offer(
        step=step,
        inputs=inputs.inputs_of(workflow, step),
        refusal=objection(workflow, step, record, acting, now, directory, holder),
        target_label=workflow.state_label(target),
        due=_deadlines_after(workflow, step, after, target),
        told=_told(workflow, step, after, target, acting, directory),
    )


def _deadlines_after(workflow: Workflow, step: Step, after: Record, target: str) -> tuple[tuple[str, date], ...]:
    known = (each for each in workflow.deadlines_in(target) if each.due not in step.renews)
    running = ((each.label, workflow.due_on(after, each)) for each in known)
    return tuple((label, day) for label, day in running if day)


def _told(
    workflow: Workflow, step: Step, after: Record, target: str, acting: Acting, directory: Directory
) -> tuple[str, ...]:
    if step.approval:
        actors = [step.approval.by]
    else:
        moved = target != step.source
        next_in_line = [s.actor for s in workflow.steps_from(target) if s.waits] if moved else []
        actors = [*([] if target in workflow.final else next_in_line), *step.tells]
    names = {
        person.pk: person.name
        for actor in actors
        for seat in actor.seats(after, directory)
        for person in directory.people(seat)
        if person.pk != acting.person.pk
    }
    return tuple(names.values())
