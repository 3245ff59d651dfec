"""What the engine keeps beside the records: who each waits for, the next moment of each deadline, requests for
approval, claims. All but requests and votes can be derived again from records and tables (`engine.refresh`)."""

from datetime import UTC, date, datetime, timedelta

from django.db import models
from django.db.models import Q

from zhiben.core.clock import local_day

NO_DEADLINE = datetime(9999, 1, 1, tzinfo=UTC)
"""Stands for "no deadline" so that both databases sort such work last with one plain index."""


class OfRecord(models.Model):
    """Points at a record of any module by type and key, without a foreign key."""

    record_type = models.CharField(max_length=64)
    record_id = models.CharField(max_length=36)

    class Meta:
        abstract = True


class WorkItem(OfRecord):
    """One record waiting at one seat. A person's 待办 is the rows of their seats: one index range a seat."""

    seat = models.CharField(max_length=64)
    step = models.CharField(max_length=64, blank=True)
    """The next step from this seat; empty when the record only climbed here because it is overdue."""
    state = models.CharField(max_length=32)
    title = models.CharField(max_length=200)
    due_at = models.DateTimeField(default=NO_DEADLINE)
    """The first moment at which it is overdue."""
    since = models.DateTimeField()
    sender_unit_id = models.BigIntegerField(null=True)
    request_id = models.BigIntegerField(null=True)
    """The request for approval that waits here, if that is what waits."""

    class Meta:
        verbose_name = "待办"
        constraints = [
            models.UniqueConstraint(fields=("record_type", "record_id", "seat", "step"), name="workflow_waits_once"),
        ]
        indexes = [
            models.Index(fields=("seat", "due_at", "id"), name="workflow_worklist"),
            models.Index(
                fields=("sender_unit_id", "due_at", "id"),
                name="workflow_sent",
                condition=Q(sender_unit_id__isnull=False),
            ),
        ]

    @property
    def due_on(self) -> date | None:
        """The last day in time."""
        return None if self.due_at >= NO_DEADLINE else local_day(self.due_at) - timedelta(days=1)

    def is_overdue(self, now: datetime) -> bool:
        return self.due_at <= now


class OpenDeadline(OfRecord):
    """A deadline that still runs. `next_at` is the next moment at which something is to be sent; the sweeper reads
    only rows whose moment has come, so a million open records cost nothing."""

    name = models.CharField(max_length=32)
    due_on = models.DateField()
    sent = models.PositiveSmallIntegerField(default=0)
    """How many of the schedule's moments are behind us."""
    next_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "期限"
        constraints = [
            models.UniqueConstraint(fields=("record_type", "record_id", "name"), name="workflow_deadline_once"),
        ]
        indexes = [
            models.Index(fields=("next_at",), name="workflow_next_moment", condition=Q(next_at__isnull=False)),
        ]


class ApprovalRequest(OfRecord):
    """A step that takes effect when enough of its voters agree. The data of the step are kept as it was asked."""

    class Status(models.TextChoices):
        PENDING = "pending", "审批中"
        APPROVED = "approved", "已同意"
        REJECTED = "rejected", "未同意"
        VOID = "void", "已失效"

    step = models.CharField(max_length=32)
    data = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    quorum = models.PositiveSmallIntegerField()
    voters = models.JSONField(default=list)
    """Keys of the people asked, as they were when it was asked."""
    asked_by_id = models.BigIntegerField()
    asked_by_name = models.CharField(max_length=128)
    asked_post_id = models.BigIntegerField()
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "审批"
        constraints = [
            models.UniqueConstraint(
                fields=("record_type", "record_id", "step"),
                condition=Q(status="pending"),
                name="workflow_one_pending_request",
            ),
        ]


class ApprovalVote(models.Model):
    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="votes")
    person_id = models.BigIntegerField()
    person_name = models.CharField(max_length=128)
    agrees = models.BooleanField()
    opinion = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = "审批意见"
        constraints = [models.UniqueConstraint(fields=("request", "person_id"), name="workflow_one_vote_a_person")]


class Claim(OfRecord):
    """处理中: one person has taken this record in hand for a while, so that a colleague does not do it twice."""

    person_id = models.BigIntegerField()
    person_name = models.CharField(max_length=64)
    until = models.DateTimeField()

    class Meta:
        verbose_name = "处理中"
        constraints = [models.UniqueConstraint(fields=("record_type", "record_id"), name="workflow_one_holder")]
