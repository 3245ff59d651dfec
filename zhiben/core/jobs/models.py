from django.db import models
from django.db.models import Q

from zhiben.core.audit.models import CanonicalJSONField
from zhiben.core.ids import new_id
from zhiben.core.org.models import Person


class JobStatus(models.TextChoices):
    QUEUED = "queued", "排队中"
    RUNNING = "running", "进行中"
    DONE = "done", "已完成"
    FAILED = "failed", "未成功"


class Job(models.Model):
    """Work that takes longer than a page may wait. This row is the queue, the lease and the truth shown to people."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=100)
    label = models.CharField("作业", max_length=200)
    key = models.CharField(max_length=200, unique=True)
    """The same key is the same job: asked for twice, it is done once."""
    args = CanonicalJSONField(default=dict)
    owner = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="jobs", verbose_name="提交人")
    """Null when the system itself asked for it."""
    post_id = models.BigIntegerField(null=True)
    behalf_id = models.BigIntegerField(null=True)

    status = models.CharField("状态", max_length=8, choices=JobStatus.choices, default=JobStatus.QUEUED)
    done = models.PositiveIntegerField("已处理", default=0)
    total = models.PositiveIntegerField("总数", default=0)
    note = models.CharField("进展", max_length=200, blank=True)
    result = CanonicalJSONField(null=True)
    error = models.TextField("未成功的原因", blank=True)
    """For the person who asked, in Chinese: what happened and what to do."""
    trace = models.TextField(blank=True)
    """For the operator."""

    created_at = models.DateTimeField("提交时间")
    not_before = models.DateTimeField(null=True)
    started_at = models.DateTimeField("开始时间", null=True)
    finished_at = models.DateTimeField("结束时间", null=True)
    heartbeat_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    """Past this moment without a heartbeat its worker is taken for dead, and the job is anybody's again."""
    attempts = models.PositiveSmallIntegerField("次数", default=0)
    claims = models.PositiveIntegerField(default=0)
    """Counts every claim, for ever: a worker that lost its lease has an old number, and cannot write any more."""
    worker = models.CharField(max_length=100, blank=True)

    class Meta:
        verbose_name = "后台作业"
        ordering = ("-created_at",)
        indexes = [
            models.Index(fields=("created_at",), condition=Q(status="queued"), name="jobs_queued"),
            models.Index(fields=("lease_until",), condition=Q(status="running"), name="jobs_running"),
            models.Index(fields=("owner", "-created_at"), name="jobs_of_owner"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def is_over(self) -> bool:
        return self.status in (JobStatus.DONE, JobStatus.FAILED)

    @property
    def percent(self) -> int | None:
        """0–100, or None while the amount of work is not yet known."""
        if self.status == JobStatus.DONE:
            return 100
        return min(100, self.done * 100 // self.total) if self.total else None
