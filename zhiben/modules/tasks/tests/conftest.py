from datetime import date, datetime, timedelta

import pytest

from zhiben.core.access.acting import Acting
from zhiben.core.clock import local_day
from zhiben.core.files.models import StoredFile, Upload
from zhiben.modules.tasks.models import Duty, Task
from zhiben.modules.tasks.services import Assignment, Order, Origin, dispatch_task

YEAR_END = date(2026, 12, 31)


@pytest.fixture
def give(cast, now):
    """Dispatch one piece of work from the county's safety committee office."""

    def give(
        *assignments: tuple, due_on: date = date(2026, 6, 30), title: str = "开展危险化学品企业全覆盖体检", **more
    ) -> Task:
        shares = [Assignment(acting.unit, Duty(duty)) for acting, duty in assignments]
        order = Order(
            title=title, assignments=shares, due_on=due_on, limit_on=YEAR_END, origin=Origin(type="x", id="1"), **more
        )
        return dispatch_task(order=order, supervising_unit=cast.office.unit, by=cast.office, now=now)

    return give


@pytest.fixture
def paper(now):
    """A file that somebody has just uploaded, to serve as evidence."""

    def paper(acting: Acting, name: str = "检查记录.pdf") -> Upload:
        stored, _ = StoredFile.objects.get_or_create(
            digest="0" * 64, defaults={"size": 3, "media_type": "application/pdf", "created_at": now}
        )
        return Upload.objects.create(file=stored, name=name, uploaded_by_id=acting.person.pk, uploaded_at=now)

    return paper


def days_later(now: datetime, count: int) -> datetime:
    return now + timedelta(days=count)


def day(now: datetime, count: int = 0) -> date:
    return local_day(now) + timedelta(days=count)
