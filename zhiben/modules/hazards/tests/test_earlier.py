"""What is prepared for another to write is compared as if all before it were written."""

from datetime import date, timedelta
from itertools import product
from random import Random

import pytest
from django.db import transaction

from zhiben.core.batches import in_batches
from zhiben.core.bulk import insert_rows
from zhiben.core.set_down import Ahead, carry_out, setting_down
from zhiben.modules.hazards import earlier
from zhiben.modules.hazards.likeness import propose_links
from zhiben.modules.hazards.models import Channel, Hazard, HazardLink, HazardStatus
from zhiben.modules.registry.models import Site
from zhiben.modules.registry.services import NewEnterprise, register_enterprises

from .conftest import at

pytestmark = pytest.mark.django_db

PLACES = [f"{number} 号{where}" for number, where in product("一二三", ("罐区", "罐区东侧", "配电室"))]
DEFECTS = [
    f"{what}{how}" for what, how in product(("围堰", "液位计", "配电箱门"), ("开裂 3 厘米", "开裂", "缺失 2 处"))
]
STATES = (HazardStatus.REPORTED, HazardStatus.ORDERED, HazardStatus.CLOSED, HazardStatus.CLOSED, HazardStatus.WITHDRAWN)


@pytest.fixture
def hazards(plant, cast, now):
    """Of three enterprises and of a unit, in no order of their days; some were closed long ago."""
    others = register_enterprises(
        enterprises=[NewEnterprise(name=f"{name}纺织厂", region=plant.region) for name in ("云溪", "云岭")],
        by=cast.bureau_officer,
        now=now,
    )
    sites, chance = list(Site.objects.filter(enterprise=plant)), Random(17)

    def hazard(number: int) -> Hazard:
        whose = chance.choice([plant, plant, plant, *others, None])
        found, status = date(2026, 3, 10) - timedelta(days=chance.randrange(900)), chance.choice(STATES)
        return Hazard(
            number=f"990121-2026-{number:06}",
            status=status,
            enterprise=whose,
            site=chance.choice([None, None, *sites]) if whose == plant else None,
            responsible_unit=whose.unit if whose else chance.choice([cast.town.unit, cast.bureau_officer.unit]),
            supervising_unit=cast.bureau_officer.unit,
            closing_unit=cast.bureau_officer.unit,
            region_path=plant.region_path,
            place=chance.choice(PLACES),
            description=chance.choice(DEFECTS),
            channel=Channel.LEDGER,
            found_on=found,
            closed_at=at(f"{found:%Y-%m-%d}") if status == HazardStatus.CLOSED else None,
            reported_at=now,
            changed_at=now,
        )

    return [hazard(number) for number in range(300)]


@pytest.mark.parametrize("most_read", [earlier.MOST_READ, 40])
def test_chunks_that_are_set_down_are_earlier_than_the_next(hazards, now, monkeypatch, most_read):
    """Also where of each only a few are compared, and of some more than in the chunk before."""
    monkeypatch.setattr(earlier, "MOST_READ", most_read)
    monkeypatch.setattr(earlier, "FEWEST_READ", 3)
    insert_rows(Hazard, hazards[:100])
    chunks = [hazards[100:140], *in_batches(hazards[140:], 8)]
    with transaction.atomic():
        for chunk in chunks:
            insert_rows(Hazard, chunk)
            propose_links(chunk, now=now)
        written = proposed()
        transaction.set_rollback(True)
    assert len(written) > 100
    assert not proposed()

    ahead, set_down = Ahead(), []
    for chunk in chunks:
        with setting_down(ahead) as statements:
            propose_links(chunk, now=now)
        set_down += statements
    assert not proposed()
    insert_rows(Hazard, hazards[100:])
    carry_out(set_down)
    assert proposed() == written


def test_whom_it_has_met_is_not_read_again(hazards, now, django_assert_num_queries):
    insert_rows(Hazard, hazards[:100])
    ahead = Ahead()
    with setting_down(ahead):
        propose_links(hazards[100:200], now=now)
        with django_assert_num_queries(1):  # the rules of the region
            propose_links(hazards[200:], now=now)


def proposed():
    columns = ("hazard_id", "earlier_id", "kind", "score", "because")
    return list(HazardLink.objects.order_by("pk").values_list(*columns))
