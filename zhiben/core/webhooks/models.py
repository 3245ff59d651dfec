"""Who is told of changes without asking, and what they have been told."""

from django.db import models
from django.db.models import Q
from django.urls import reverse

from zhiben.core.ids import new_id
from zhiben.core.org.models import Post


class Subscription(models.Model):
    """Another system that is sent the changes which one post may see, in their order, each at least once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField("用途", max_length=32)
    address = models.CharField("接收地址", max_length=500)
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="+", verbose_name="岗位")
    """What this post may see is what is sent."""
    names = models.JSONField("事件", default=list, blank=True)
    """Names of events; empty: all."""
    sealed_secret = models.TextField()
    sealed_old_secret = models.TextField(blank=True)
    """The one before, with which everything is signed, too, until the receiver has changed over."""
    cursor = models.CharField(max_length=64, blank=True)
    """How far the outbox has been read (`events.since`)."""

    failing_since = models.DateTimeField("开始失败", null=True)
    failures = models.PositiveIntegerField("连续失败次数", default=0)
    next_at = models.DateTimeField("下次", null=True)
    held_until = models.DateTimeField(null=True)
    """Some worker is sending; past this moment it is taken for dead."""
    last_sent_at = models.DateTimeField("最近送达", null=True)
    last_error = models.CharField("最近一次失败的原因", max_length=300, blank=True)
    paused_at = models.DateTimeField("停止时间", null=True)
    pause_reason = models.CharField("停止原因", max_length=300, blank=True)

    made_by_id = models.BigIntegerField(null=True)
    made_by_name = models.CharField("设立人", max_length=128)
    made_at = models.DateTimeField("设立时间")

    class Meta:
        verbose_name = "推送"
        ordering = ("-made_at",)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("webhooks:detail", args=(self.pk,))


class Message(models.Model):
    """One change for one subscription. It keeps what was sent, so that it can be sent again word for word."""

    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="messages")
    event_id = models.BigIntegerField()
    event_name = models.CharField("事件", max_length=128)
    body = models.TextField()
    made_at = models.DateTimeField("产生时间")
    attempts = models.PositiveIntegerField("次数", default=0)
    answer_status = models.PositiveSmallIntegerField("对方应答", null=True)
    """HTTP status of the last answer; null: none was heard."""
    error = models.CharField("原因", max_length=300, blank=True)
    sent_at = models.DateTimeField("送达时间", null=True)

    class Meta:
        verbose_name = "推送记录"
        ordering = ("pk",)
        constraints = [models.UniqueConstraint(fields=("subscription", "event_id"), name="webhooks_once_an_event")]
        indexes = [
            models.Index(fields=("subscription", "id"), condition=Q(sent_at=None), name="webhooks_waiting"),
            models.Index(fields=("sent_at",), name="webhooks_by_age"),
        ]

    @property
    def key(self) -> str:
        """The same for every attempt and every replay: by it the receiver knows what it already has."""
        return f"msg_{self.subscription_id.hex}_{self.event_id}"
