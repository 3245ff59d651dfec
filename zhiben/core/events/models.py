"""The outbox: what was announced, and who has handled it."""

from typing import Any

from django.db import models
from django.db.models import Func, Q

from zhiben.core.audit.models import CanonicalJSONField


class CurrentTransaction(Func):
    """The number of the transaction that writes the row (PostgreSQL, 64 bits, never used again); null on SQLite, where
    writers stand in one line and ids are in the order of commits."""

    arity = 0
    template = "pg_current_xact_id()::text::bigint"
    output_field = models.BigIntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, template="NULL")


class OutboxEvent(models.Model):
    """One announced event, written in the transaction of the change it tells of."""

    name = models.CharField("事件", max_length=128)
    record_type = models.CharField(max_length=64)
    record_id = models.CharField(max_length=36)
    at = models.DateTimeField("时间")
    data = CanonicalJSONField()
    transaction = models.BigIntegerField(null=True, editable=False, db_default=CurrentTransaction())
    """By it `since` knows what may still be joined by something earlier. Null: written before there was this column."""

    class Meta:
        verbose_name = "事件"
        ordering = ("id",)
        indexes = [
            models.Index(fields=("record_type", "record_id", "id"), name="events_of_record"),
            models.Index(fields=("transaction", "id"), name="events_in_order"),
        ]


class Delivery(models.Model):
    """One event for one `@later` handler. Done in the same transaction as what the handler does."""

    event = models.ForeignKey(OutboxEvent, on_delete=models.CASCADE, related_name="deliveries")
    handler = models.CharField("处理程序", max_length=200)
    record_type = models.CharField(max_length=64)
    record_id = models.CharField(max_length=36)
    attempts = models.PositiveSmallIntegerField("次数", default=0)
    next_at = models.DateTimeField("下次", null=True)
    """Not before this moment; null means at once."""
    done_at = models.DateTimeField("完成", null=True)
    parked_at = models.DateTimeField("搁置", null=True)
    """When it was given up, until an operator looks at `error` and retries it."""
    error = models.TextField("错误", blank=True)

    class Meta:
        verbose_name = "投递"
        ordering = ("id",)
        constraints = [models.UniqueConstraint(fields=("event", "handler"), name="events_delivered_once")]
        indexes = [
            models.Index(fields=("id",), condition=Q(done_at=None, parked_at=None), name="events_delivery_open"),
            models.Index(
                fields=("handler", "record_type", "record_id", "id"),
                condition=Q(done_at=None, parked_at=None),
                name="events_delivery_order",
            ),
        ]
