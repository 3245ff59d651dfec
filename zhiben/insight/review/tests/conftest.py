"""A county that works through the spring of 2026, told month by month."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import pytest

from zhiben.core import clock
from zhiben.core.files.models import StoredFile, Upload
from zhiben.core.workflow import engine
from zhiben.core.workflow.deciding import decide
from zhiben.core.workflow.models import ApprovalRequest
from zhiben.insight.review.reading import Asked, Review
from zhiben.modules.tasks.models import Duty, Milestone, Task
from zhiben.modules.tasks.services import (
    Assignment,
    NewIndicator,
    NewMilestone,
    NewObligation,
    Order,
    Origin,
    dispatch_task,
    establish_obligation,
    feed_back,
)


def at(month: int, day: int, hour: int = 10) -> datetime:
    """A moment of 2026, in the hour of Beijing."""
    return datetime(2026, month, day, hour - 8, tzinfo=UTC)


@dataclass
class County:
    cast: object
    tasks: dict[str, Task] = field(default_factory=dict)

    def give(
        self, acting, due_on, on, *, title="开展全覆盖体检", programme="", shares=(), milestones=(), indicators=()
    ) -> Task:
        label = f"治本攻坚方案{programme}" if programme else ""
        order = Order(
            title=title,
            assignments=[
                Assignment(acting.unit, Duty.LEAD),
                *(Assignment(each.unit, Duty.PARTICIPANT) for each in shares),
            ],
            due_on=due_on,
            limit_on=date(2026, 12, 31),
            origin=Origin(type="x", id="1", programme_id=programme, programme_label=label),
            milestones=[NewMilestone(day, text) for day, text in milestones],
            indicators=list(indicators),
        )
        office = self.cast.office
        return dispatch_task(order=order, supervising_unit=office.unit, by=office, now=on)

    def fire(self, task, step, by, on, **data) -> Task:
        return engine.fire(Task.objects.get(pk=task.pk), step, by=by, now=on, **data)

    def accept(self, task, by, on) -> Task:
        return self.fire(task, "accept", by, on)

    def feed_back(self, task, by, on, percent=30, **more) -> None:
        feed_back(task=Task.objects.get(pk=task.pk), percent=percent, text="已检查 20 家", by=by, now=on, **more)

    def submit(self, task, by, on) -> Task:
        stored, _ = StoredFile.objects.get_or_create(
            digest="0" * 64, defaults={"size": 3, "media_type": "application/pdf", "created_at": on}
        )
        paper = Upload.objects.create(file=stored, name="记录.pdf", uploaded_by_id=by.person.pk, uploaded_at=on)
        return self.fire(task, "submit", by, on, summary="已全部完成", files=[paper])

    def complete(self, task, on) -> Task:
        return self.fire(task, "complete", self.cast.chief, on)

    def extend(self, task, by, to, on) -> None:
        self.fire(task, "extend", by, on, extended_to=to, reason="点位多")
        request = ApprovalRequest.objects.get(record_id=str(task.pk), status="pending")
        decide(request, agrees=True, by=self.cast.office, now=on)

    def review(self, month, on, who="office", **asked) -> Review:
        return Review(getattr(self.cast, who), Asked(month=month, **asked), on)

    def counts(self, month, on, who="office", **asked) -> dict[str, int]:
        return self.review(month, on, who, **asked).figures.whole


@pytest.fixture
def county(cast) -> County:
    return County(cast)


@pytest.fixture
def spring(county, cast) -> County:
    """What there is to be seen on the last day of March, one of every kind:

    - a bureau's task done in time, one done late, one done long before its day
    - a bureau's task with a milestone missed and one reached, an indicator, a share of the town in hand
    - housing: one overdue since February, one overdue since March that it has never accepted
    - the town: one sent back, one handed in and not yet verified, one withdrawn in March, one dispatched in March
    - duties of the town: one period done, one missed
    """
    bureau, housing, town = cast.bureau_leader, cast.housing_leader, cast.town
    start, far = at(1, 5), date(2026, 9, 30)
    give = county.give
    tasks = {
        "in time": give(bureau, date(2026, 3, 20), start, title="排查烟花爆竹零售点", programme="p1"),
        "late": give(bureau, date(2026, 2, 10), start, title="整治自建房", programme="p1"),
        "early": give(bureau, far, start, title="修订预案"),
        "running": give(
            bureau, far, start, title="体检危化企业", programme="p1", shares=[town],
            milestones=[(date(2026, 3, 10), "完成摸底"), (date(2026, 3, 25), "完成第一轮检查")],
            indicators=[NewIndicator("检查企业", ">=", "家", targets={2026: 60})],
        ),
        "overdue": give(housing, date(2026, 2, 20), start, title="检查燃气管网", programme="p2"),
        "never accepted": give(housing, date(2026, 3, 15), start, title="检查工地塔吊", programme="p2"),
        "returned": give(town, far, start, title="培训网格员"),
        "handed in": give(town, date(2026, 3, 28), start, title="巡查沿街商铺"),
        "withdrawn": give(town, far, start, title="重复的任务"),
    }  # fmt: skip
    county.tasks = tasks
    for name in ("in time", "late", "early", "running"):
        county.accept(tasks[name], bureau, at(1, 6))
    county.accept(tasks["overdue"], housing, at(1, 6))
    county.accept(tasks["handed in"], town, at(1, 6))
    county.fire(tasks["returned"], "return", town, at(1, 7), reason="不属于本单位职责")
    county.accept(tasks["running"].children.get(), town, at(1, 6))
    duty = NewObligation(
        title="每月检查", responsible_unit=town.unit, supervising_unit=cast.office.unit, starts_on=date(2026, 1, 1),
        ends_on=date(2026, 12, 31), cadence="month", min_count=1,
    )  # fmt: skip
    establish_obligation(obligation=duty, by=cast.office, now=start)

    county.submit(tasks["late"], bureau, at(2, 25))
    county.complete(tasks["late"], at(2, 27))
    county.submit(tasks["early"], bureau, at(3, 2))
    county.complete(tasks["early"], at(3, 4))
    milestone = Milestone.objects.get(text="完成摸底")
    county.feed_back(tasks["running"], bureau, at(3, 9), reached=[milestone])
    county.submit(tasks["in time"], bureau, at(3, 19))
    county.complete(tasks["in time"], at(3, 24))
    county.submit(tasks["handed in"], town, at(3, 30))
    county.fire(tasks["withdrawn"], "withdraw", cast.office, at(3, 12), reason="重复交办")
    tasks["new"] = give(town, date(2026, 4, 20), at(3, 16), title="备战汛期")
    return county


@pytest.fixture
def april(spring, monkeypatch) -> datetime:
    """5 April 2026: the day on which the review of March is made."""
    now = at(4, 5)
    monkeypatch.setattr(clock, "now", lambda: now)
    return now
