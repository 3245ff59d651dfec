"""The pages of hazards as the cast sees them."""


import pytest
from django.urls import reverse

from zhiben.core import clock
from zhiben.core.web.testing import PagesTest, counted
from zhiben.modules.hazards.models import HazardLevel
from zhiben.modules.hazards.pages.records import HazardPages
from zhiben.modules.hazards.testing import a_hazard
from zhiben.modules.registry.models import Enterprise
from zhiben.modules.registry.testing import enrol_plant


@pytest.fixture(autouse=True)
def at_that_time(monkeypatch, now):
    monkeypatch.setattr(clock, "now", lambda: now)


def the_plant(cast, now) -> Enterprise:
    return Enterprise.objects.filter(unit=cast.plant_officer.unit).first() or enrol_plant(cast, now)


class TestHazardPages(PagesTest):
    pages, insider = HazardPages, "bureau_officer"

    def make(self, cast, now, count):
        plant = the_plant(cast, now)
        return [
            a_hazard(cast, plant, now, place=f"{number}号仓库东门", description=f"{number}号门被货架挡住，只剩 60 厘米")
            for number in range(count)
        ]


PAGES = (
    *("hazards:new", "hazards:clearing", "hazards:four_lists", "hazards:policy", "hazards:likenesses"),
    *("look_backs:list", "hazard_reviews:list"),
)


@pytest.mark.parametrize("name", PAGES)
def test_every_odd_page_is_served_within_few_queries(cast, plant, found, now, name):
    for number in range(3):
        found(place=f"{number}号罐区", level=HazardLevel.MAJOR)
    answer, queries = counted(cast.client("bureau_officer"), reverse(name))
    assert answer.status_code == 200
    assert queries <= 40
