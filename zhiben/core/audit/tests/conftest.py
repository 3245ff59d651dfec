from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection

from zhiben.core.audit import guard
from zhiben.core.audit.digest import digest_text
from zhiben.core.audit.line import canonical_text
from zhiben.core.audit.models import AuditLine
from zhiben.core.audit.services import append

MORNING = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)

OFFICER = SimpleNamespace(
    person=SimpleNamespace(pk=7, name="安全员甲"), post="云帆化工·安全员", on_behalf_of=SimpleNamespace(name="厂长乙")
)
SYSTEM = SimpleNamespace(name="定时巡检")


def write_line(record_id: str = "1", now: datetime = MORNING, **given: Any) -> AuditLine:
    """Write a line as the engine does; everything may be overridden."""
    return append(
        **{
            "record_type": "tasks.task", "record_id": record_id, "kind": "step", "verb": "accept", "label": "接收",
            "by": OFFICER, "now": now, "data": {"进度": 30}, **given,
        }
    )  # fmt: skip


@pytest.fixture
def write(db: None) -> Callable[..., AuditLine]:
    return write_line


@contextmanager
def a_rogue_administrator() -> Iterator[Callable[..., None]]:
    """Somebody with every right on the database: takes the guards away, changes what they like, puts them back."""
    guard.remove(connection)
    with connection.cursor() as cursor:
        yield cursor.execute
    guard.install(connection)


def rewrite(sql: str, parameters: list[Any]) -> None:
    """A rogue administrator changes something and computes every digest anew, so that all chains hold."""
    with a_rogue_administrator() as execute:
        execute(sql, parameters)
        ends: dict[tuple[str, str], str] = {}
        for line in AuditLine.objects.order_by("record_type", "record_id", "seq"):
            line.previous = ends.get((line.record_type, line.record_id), "")
            digest = digest_text(line.algorithm, canonical_text(line))
            ends[line.record_type, line.record_id] = digest
            execute(
                "UPDATE audit_auditline SET previous = %s, digest = %s WHERE id = %s", [line.previous, digest, line.pk]
            )
