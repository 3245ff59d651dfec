"""The trail (留痕): append-only lines, chained per record, sealed once a day.

No foreign keys: the trail outlives the records it speaks of.
"""

import json
from typing import Any

from django.db import models
from django.db.models import Q

from .canonical import dump


class CanonicalJSONField(models.TextField):
    """JSON kept as the very text that was hashed; a jsonb column would reorder and respell it. Give it plain values."""

    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return None if value is None else json.loads(value)

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else dump(value)


class Kind(models.TextChoices):
    STEP = "step", "办理"
    EDIT = "edit", "修改"
    EXPORT = "export", "导出"
    READ = "read", "查阅"
    SECURITY = "security", "安全"
    SEAL = "seal", "封存"


class AuditLine(models.Model):
    """One thing that was done to one record: by whom, when, and the digest that binds it to the line before."""

    record_type = models.CharField(max_length=64)
    """Label of the record's model, `tasks.task`."""
    record_id = models.CharField(max_length=36)
    seq = models.PositiveIntegerField("序号")
    """1, 2, 3 … within the record, without gaps."""
    at = models.DateTimeField("时间")
    kind = models.CharField("类别", max_length=10, choices=Kind.choices)
    verb = models.CharField(max_length=64)
    """Name of the step or service, `complete`."""
    label = models.TextField("事项")
    actor_id = models.BigIntegerField(null=True)
    """The person; null when the system itself acted."""
    actor_name = models.TextField("操作人")
    actor_post = models.TextField("岗位", blank=True)
    behalf_name = models.TextField("被代理人", blank=True)
    from_state = models.CharField(max_length=32, blank=True)
    to_state = models.CharField(max_length=32, blank=True)
    reason = models.TextField("理由", blank=True)
    key = models.CharField(max_length=128, null=True)  # noqa: DJ001 — null is outside the unique constraint
    """Idempotency key of the request that did it; the same key is never accepted twice for a record."""
    data = CanonicalJSONField("数据", default=dict)
    algorithm = models.CharField(max_length=8)
    previous = models.CharField(max_length=64, blank=True)
    """Digest of the record's line before; empty for its first."""
    digest = models.CharField("摘要", max_length=64)

    class Meta:
        verbose_name = "留痕"
        ordering = ("id",)
        indexes = [models.Index(fields=("actor_id", "id"), name="audit_line_of_actor")]
        constraints = [
            models.UniqueConstraint(fields=("record_type", "record_id", "seq"), name="audit_line_seq_once"),
            models.UniqueConstraint(
                fields=("record_type", "record_id", "key"),
                condition=Q(key__isnull=False),
                name="audit_line_key_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label}（{self.actor_name}，第 {self.seq} 条留痕）"


class DailySeal(models.Model):
    """The signed Merkle root over all lines written up to the end of a day; chained to the seal before."""

    number = models.PositiveIntegerField("编号", unique=True)
    day = models.DateField("日期", unique=True)
    after_id = models.BigIntegerField()
    """The lines sealed are those with after_id < id <= last_id: no gap between one seal and the next."""
    last_id = models.BigIntegerField()
    lines = models.PositiveBigIntegerField("条数")
    algorithm = models.CharField(max_length=8)
    root = models.CharField("根", max_length=64)
    previous_root = models.CharField(max_length=64, blank=True)
    sealed_at = models.DateTimeField("封存时间")
    key_id = models.CharField(max_length=16)
    signature = models.CharField(max_length=128)

    class Meta:
        verbose_name = "每日封存"
        ordering = ("number",)

    def __str__(self) -> str:
        return f"{self.day} 第{self.number}号封存，共{self.lines}条"
