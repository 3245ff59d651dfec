from datetime import date, datetime

import pytest

from tests.errands.models import Errand
from zhiben.conftest import Cast
from zhiben.core import clock
from zhiben.core.workflow.engine import begin_many


@pytest.fixture(autouse=True)
def _with_errand_pages(settings: object) -> None:
    settings.ROOT_URLCONF = "zhiben.core.web.tests.errand_pages"


@pytest.fixture(autouse=True)
def _on_the_day_of_the_story(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)


def give(cast: Cast, now: object, *titles: str, due_on: date | None = date(2026, 3, 20)) -> list[Errand]:
    """Errands the committee's office gives the bureau."""
    errands = [
        Errand.objects.create(
            title=title,
            due_on=due_on,
            region_path=cast.bureau_officer.unit.region_path,
            responsible_unit=cast.bureau_officer.unit,
            supervising_unit=cast.office.unit,
        )
        for title in titles
    ]
    begin_many(errands, by=cast.office, now=now)
    return errands
