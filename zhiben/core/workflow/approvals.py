"""Puts a step before those who must agree (会签; n of m; all), and drops requests whose record has moved on.
Voting is in `deciding`."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from zhiben.core.access.acting import Acting
from zhiben.core.access.directory import Directory

from . import inputs
from .models import ApprovalRequest
from .refusal import StepRefused
from .table import Record, Step, Workflow

Taken = list[tuple[Record, str, dict[str, Any]]]
Pending = dict[str, list[ApprovalRequest]]
"""By the key of the record."""


def ask(
    workflow: Workflow, step: Step, taken: Taken, *, by: Acting, now: datetime, directory: Directory
) -> dict[Any, StepRefused]:
    """Put the step before its voters; those that cannot be asked leave `taken` and are returned with the reason."""
    approval = step.approval
    assert approval is not None
    keys = [str(record.pk) for record, _, _ in taken]
    waiting = set(_pending(workflow.record_type, keys).filter(step=step.name).values_list("record_id", flat=True))
    refused: dict[Any, StepRefused] = {}
    requests = []
    for entry in list(taken):
        record, _, cleaned = entry
        voters = _voters(approval.by.seats(record, directory), directory, by)
        quorum = len(voters) if approval.quorum == "all" else approval.quorum
        if str(record.pk) in waiting:
            refused[record.pk] = StepRefused(f"「{step.label}」的申请正在审批，请等结果出来再提")
        elif not voters or len(voters) < quorum:
            refused[record.pk] = StepRefused(
                f"「{step.label}」需{quorum or 1}人同意，现在只找到{len(voters)}位审批人，请联系系统管理员配置岗位"
            )
        else:
            requests.append(_request(workflow, step, record, cleaned, voters, quorum, by, now))
            continue
        taken.remove(entry)
    ApprovalRequest.objects.bulk_create(requests)
    return refused


def pending_requests(workflow: Workflow, keys: Sequence[str]) -> Pending:
    """What waits to be decided about these records."""
    found: Pending = defaultdict(list)
    if any(step.approval for step in workflow.steps):
        for request in _pending(workflow.record_type, keys):
            found[request.record_id].append(request)
    return found


def void_requests(workflow: Workflow, moved: Sequence[Record], pending: Pending, *, now: datetime) -> None:
    """Requests for steps that the records' new states no longer allow are void, and leave `pending`."""
    stale = []
    for record in moved:
        requests, state = pending.get(str(record.pk), []), getattr(record, workflow.field_name)
        for request in [each for each in requests if state not in workflow.step(each.step).sources]:
            requests.remove(request)
            stale.append(request.pk)
    if stale:
        ApprovalRequest.objects.filter(pk__in=stale).update(status=ApprovalRequest.Status.VOID, decided_at=now)


def _pending(record_type: str, keys: Sequence[str]) -> Any:
    return ApprovalRequest.objects.filter(
        record_type=record_type, record_id__in=keys, status=ApprovalRequest.Status.PENDING
    )


def _voters(seats: Sequence[str], directory: Directory, by: Acting) -> list[int]:
    """Those asked, in their own right; who stands in for one of them votes in that one's name."""
    asked = {person.pk for seat in seats for person in directory.holders(seat)}
    return sorted(asked - {by.person.pk})


def _request(
    workflow: Workflow,
    step: Step,
    record: Record,
    cleaned: Mapping[str, Any],
    voters: list[int],
    quorum: int,
    by: Acting,
    now: datetime,
) -> ApprovalRequest:
    return ApprovalRequest(
        record_type=workflow.record_type,
        record_id=str(record.pk),
        step=step.name,
        data=inputs.to_json(cleaned),
        quorum=quorum,
        voters=voters,
        asked_by_id=by.person.pk,
        asked_by_name=str(by),
        asked_post_id=by.post.pk,
        asked_at=now,
    )
