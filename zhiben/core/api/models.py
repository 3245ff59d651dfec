"""What the interface keeps: tokens, how often each was used, and the answers given to repeatable writes."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from zhiben.core.org.models import Post


class ApiToken(models.Model):
    """A key with which another system acts from one post, within its scopes. Of the secret only a digest is kept."""

    name = models.CharField("用途", max_length=32)
    prefix = models.CharField("编号", max_length=12, unique=True)
    """The part of the secret by which it is found; it opens nothing."""
    digest = models.CharField(max_length=64)
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="+", verbose_name="岗位")
    scopes = models.JSONField("权限范围", default=list)
    valid_until = models.DateTimeField("有效期至")
    networks = models.JSONField("允许的网络", default=list, blank=True)
    """CIDR; empty: from anywhere."""
    per_minute = models.PositiveIntegerField("每分钟次数")
    made_by_id = models.BigIntegerField(null=True)
    made_by_name = models.CharField("发放人", max_length=128)
    made_at = models.DateTimeField("发放时间")
    last_used_at = models.DateTimeField("最近使用", null=True)
    revoked_at = models.DateTimeField("吊销时间", null=True)
    refused_at = models.DateTimeField("最近被拒", null=True)
    holder_is_active: bool
    """Whether the account of the post's holder is open; set where a token is recognised."""

    class Meta:
        verbose_name = "接口令牌"
        ordering = ("-made_at", "-pk")
        constraints = [models.CheckConstraint(condition=Q(per_minute__gte=1), name="api_token_can_be_used")]

    def __str__(self) -> str:
        return self.name

    def is_valid(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.valid_until


class ApiUse(models.Model):
    """How many requests of one minute have been let through for one key: a token, or an address that failed."""

    key = models.CharField(max_length=64)
    minute = models.BigIntegerField()
    """Minutes since 1970 in UTC."""
    count = models.PositiveIntegerField()

    class Meta:
        verbose_name = "接口用量"
        constraints = [models.UniqueConstraint(fields=("key", "minute"), name="api_use_once_a_minute")]
        indexes = [models.Index(fields=("minute",), name="api_use_by_minute")]


class ApiAnswer(models.Model):
    """The answer to a write, kept in the transaction of its effect: who repeats the request is given it again."""

    token = models.ForeignKey(ApiToken, on_delete=models.CASCADE, related_name="answers")
    key = models.CharField(max_length=128)
    fingerprint = models.CharField(max_length=64)
    status_code = models.PositiveSmallIntegerField()
    body = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = "接口应答"
        constraints = [models.UniqueConstraint(fields=("token", "key"), name="api_answer_once_a_key")]
        indexes = [models.Index(fields=("at",), name="api_answer_by_age")]
