from typing import Self

from django.db import models
from django.db.models import Q

from zhiben.core.org.models import Person


class NotificationQuerySet(models.QuerySet["Notification"]):
    def current(self) -> Self:
        """Those whose cause is still there."""
        return self.filter(obsolete_at=None)

    def unread(self) -> Self:
        return self.filter(read_at=None, obsolete_at=None)


class Notification(models.Model):
    """One message to one person about one record. The same key reaches a person once, however often it is told."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="notifications", verbose_name="收件人")
    title = models.CharField("标题", max_length=200)
    body = models.TextField("内容", blank=True)
    record_type = models.CharField(max_length=64, blank=True)
    record_id = models.CharField(max_length=36, blank=True)
    reason = models.CharField("为何收到", max_length=200, blank=True)
    created_at = models.DateTimeField("时间")
    read_at = models.DateTimeField("已读时间", null=True)
    obsolete_at = models.DateTimeField("失效时间", null=True)
    """When its cause was gone: the work was done by another, the deadline moved."""
    key = models.CharField(max_length=200)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = "消息"
        ordering = ("-created_at", "-id")
        constraints = [models.UniqueConstraint(fields=("person", "key"), name="notify_told_once")]
        indexes = [
            models.Index(fields=("person", "-created_at", "-id"), name="notify_inbox"),
            models.Index(fields=("person",), condition=Q(read_at=None, obsolete_at=None), name="notify_unread"),
            models.Index(fields=("record_type", "record_id"), name="notify_about_record"),
        ]

    def __str__(self) -> str:
        return self.title
