from datetime import date

import pytest

from tests.errands.models import Errand
from zhiben.core.workflow import engine


@pytest.fixture
def give(cast, now):
    """The office gives an errand to a unit."""

    def give(to=None, *, by=None, due_on=date(2026, 3, 31), title="清理消防通道", when=None):
        unit = (to or cast.bureau_officer).unit
        giver = by or cast.office
        errand = Errand.objects.create(
            title=title,
            responsible_unit=unit,
            supervising_unit=giver.unit,
            region_path=unit.region_path,
            due_on=due_on,
        )
        engine.begin(errand, by=giver, now=when or now, label="交办")
        return errand

    return give
