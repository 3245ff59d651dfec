from collections.abc import Callable
from datetime import date, datetime

import pytest

from zhiben.conftest import Cast
from zhiben.core import clock
from zhiben.core.access.acting import Acting
from zhiben.core.clock import CHINA
from zhiben.modules.tasks.models import Duty, Task
from zhiben.modules.tasks.services import Assignment, Order, Origin, dispatch_task


class Story:
    """The time of the story: everything that asks the clock gets it."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def on(self, day: str, hour: int = 10) -> datetime:
        """Go on to that day (Beijing time)."""
        self.now = datetime.fromisoformat(day).replace(hour=hour, tzinfo=CHINA)
        return self.now


@pytest.fixture
def story(now: datetime, monkeypatch: pytest.MonkeyPatch) -> Story:
    told = Story(now)
    answer: Callable[[], datetime] = lambda: told.now  # noqa: E731
    monkeypatch.setattr(clock, "now", answer)
    return told


@pytest.fixture
def give(cast: Cast, story: Story) -> Callable[..., Task]:
    """The office hands out a piece of work, at the moment the story has come to."""

    def give(acting: Acting, title: str = "开展危险化学品企业全覆盖体检", due_on: date = date(2026, 9, 30)) -> Task:
        order = Order(
            title=title,
            assignments=[Assignment(acting.unit, Duty.LEAD)],
            due_on=due_on,
            limit_on=date(2026, 12, 31),
            origin=Origin(type="x", id="1"),
        )
        return dispatch_task(order=order, supervising_unit=cast.office.unit, by=cast.office, now=story.now)

    return give
