"""Votes on a step that several must agree to. Nobody votes on their own request; a deputy votes in the name of the
person they stand in for; with enough votes the step takes effect in the name of whoever asked. Where one is enough, the
first of a desk to answer answers for it: a no is not overruled by waiting for a colleague."""

from datetime import datetime

from django.db import transaction

from zhiben.core.access.acting import Acting
from zhiben.core.audit import services as audit
from zhiben.core.notify.services import tell
from zhiben.core.org.models import Person, Post

from . import inputs
from .engine import apply_approved, refresh
from .models import ApprovalRequest, ApprovalVote
from .refusal import StepRefused
from .table import Record, Step, Workflow, workflow_of
from .telling import is_discreet


def decide(request: ApprovalRequest, *, agrees: bool, opinion: str = "", by: Acting, now: datetime) -> ApprovalRequest:
    """Cast one vote. With enough votes for, the step takes effect in the name of whoever asked; when enough can no
    longer be reached it is refused. Raises StepRefused."""
    workflow = workflow_of(request.record_type)
    step = workflow.step(request.step)
    with transaction.atomic():
        record = workflow.model._base_manager.select_for_update(of=("self",)).filter(pk=request.record_id).first()
        request = ApprovalRequest.objects.select_for_update().get(pk=request.pk)
        if record is None or request.status != ApprovalRequest.Status.PENDING:
            raise StepRefused(f"这项申请{request.get_status_display()}，不用再办")
        voter = (by.on_behalf_of or by.person).pk
        if voter not in request.voters or by.person.pk == request.asked_by_id:
            raise StepRefused("这项申请不由您审批")
        if not agrees and not opinion.strip():
            raise StepRefused("不同意请写明意见，对方好据此修改")
        _, fresh = ApprovalVote.objects.get_or_create(
            request=request,
            person_id=voter,
            defaults={"person_name": str(by), "agrees": agrees, "opinion": opinion.strip(), "at": now},
        )
        if not fresh:
            raise StepRefused("您已经表过态了")
        audit.append(
            record_type=request.record_type,
            record_id=request.record_id,
            kind="step",
            verb=f"{step.name}:decide",
            label=f"{'同意' if agrees else '不同意'}{step.label}",
            by=by,
            now=now,
            data={"opinion": opinion.strip()},
            from_state=getattr(record, workflow.field_name),
            to_state=getattr(record, workflow.field_name),
            reason=opinion.strip(),
        )
        _settle(workflow, step, request, record, now)
        return request


def _settle(workflow: Workflow, step: Step, request: ApprovalRequest, record: Record, now: datetime) -> None:
    votes = list(request.votes.values_list("agrees", flat=True))
    still_open = len(request.voters) - len(votes)
    if sum(votes) >= request.quorum:
        request.status, request.decided_at = ApprovalRequest.Status.APPROVED, now
    elif request.quorum == 1 or sum(votes) + still_open < request.quorum:
        request.status, request.decided_at = ApprovalRequest.Status.REJECTED, now
    else:
        return
    request.save(update_fields=["status", "decided_at"])
    if request.status == ApprovalRequest.Status.APPROVED:
        apply_approved(record, step, inputs.from_json(request.data), by=_asker(request), now=now).or_raise()
    else:
        refresh([record], now=now)
    verdict = "已获同意" if request.status == ApprovalRequest.Status.APPROVED else "未获同意"
    tell(
        people=[request.asked_by_id],
        title=f"{step.label}申请{verdict}：{record}",
        body="；".join(vote.opinion for vote in request.votes.all() if vote.opinion) or verdict,
        record_type=request.record_type,
        record_id=request.record_id,
        reason="您提出的申请",
        is_discreet=is_discreet(record),
        now=now,
        key=f"request:{request.pk}:{request.status}",
    )


def _asker(request: ApprovalRequest) -> Acting:
    post = Post.objects.select_related("person", "unit").get(pk=request.asked_post_id)
    person = Person.objects.get(pk=request.asked_by_id)
    return Acting(person, post, post.person if post.person_id != person.pk else None)
