"""A county with some work in it, and tokens of its posts."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from zhiben.core import clock
from zhiben.core.api.testing import Caller, give_token
from zhiben.core.files.services import add_file, receive_upload
from zhiben.core.workflow.engine import fire
from zhiben.modules.tasks.models import Duty, Task
from zhiben.modules.tasks.services import (
    Assignment,
    NewIndicator,
    NewMilestone,
    NewObligation,
    Order,
    dispatch_tasks,
    establish_obligation,
    feed_back,
)


@dataclass
class Work:
    """`ids`: path of a kind of record → the key of one of it."""

    secret: str
    caller: Caller
    tasks: list[Task]
    ids: dict[str, Any]


@pytest.fixture
def work(cast, now, monkeypatch) -> Work:
    monkeypatch.setattr(clock, "machine_now", lambda: now)
    bureau, to = cast.bureau_officer, {"by": cast.office, "now": now}
    order = Order(
        title="开展危险化学品企业全覆盖检查",
        assignments=[Assignment(bureau.unit, Duty.LEAD), Assignment(cast.town.unit, Duty.PARTICIPANT)],
        due_on=date(2026, 9, 30),
        milestones=[NewMilestone(date(2026, 6, 30), "第一轮")],
        indicators=[NewIndicator("检查家数", "=", "家", {None: 12})],
    )
    tasks = dispatch_tasks(orders=[order] * 5, supervising_unit=cast.office.unit, **to)
    running = fire(tasks[0], "accept", by=bureau, now=now)
    feed_back(task=running, percent=20, text="已部署。", by=bureau, now=now)
    duty = NewObligation(
        title="月调度",
        cadence="month",
        responsible_unit=bureau.unit,
        supervising_unit=cast.office.unit,
        starts_on=date(2026, 1, 1),
        ends_on=date(2026, 12, 31),
    )
    obligation = establish_obligation(obligation=duty, **to)
    brought = receive_upload("第一轮检查已部署。".encode(), name="部署.txt", by=bureau, now=now)
    attached = add_file(
        record_type="tasks.task", record_id=str(running.pk), file=brought.file, name="部署.txt", by=bureau, now=now
    )
    secret = give_token(bureau, now=now, per_minute=6000).secret
    ids = {
        "tasks": running.pk,
        "obligations": obligation.pk,
        "occurrences": obligation.occurrences.first().pk,
        "organisation/regions": cast.county.pk,
        "organisation/units": bureau.unit.pk,
        "files": attached.pk,
    }
    return Work(secret, Caller(secret), [running, *tasks[1:]], ids)
