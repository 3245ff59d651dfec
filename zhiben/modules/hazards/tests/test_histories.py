"""Random lives of several hazards, and somebody beside them who keeps a tally on paper. Whatever is counted by the
system, 动态清零, 四张清单, the credit file, what is overdue, must be what stands on the paper."""

import random

import pytest
from django.db import transaction
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from zhiben.core import clock
from zhiben.core.org.sectors import Sector
from zhiben.modules.hazards.clearing import Counts, Part
from zhiben.modules.registry.services import NewEnterprise, register_enterprise

from .paper import SINCE, Town

pytestmark = pytest.mark.django_db
DEEDS = {
    "go_on": 12, "find": 4, "go_back": 2, "extend": 1, "redate": 1, "change_level": 1, "hand_over": 1, "put_away": 1,
    "find_twice": 1, "report_up": 1, "take_over": 1, "fix_on_spot": 1, "watch": 1, "merge": 0.2, "shut": 0.2,
}  # fmt: skip


@pytest.fixture
def town(cast, plant, now):
    heir = NewEnterprise(name="云海化工有限公司", region=plant.unit.region, sector=Sector.CHEMICALS)
    return Town(
        cast, {"plant": plant, "other": register_enterprise(enterprise=heir, by=cast.bureau_officer, now=now)}, now
    )


one_deed = st.tuples(
    st.sampled_from([deed for deed, weight in DEEDS.items() for _ in range(max(1, round(weight * 2)))]),
    st.integers(0, 6),
    st.sampled_from((0, 0, 1, 2, 5, 11)),
    st.booleans(),
)
IN_ADVANCE = [("find", 1, 0, True), ("find", 2, 0, False), ("find", 5, 0, False), ("find", 3, 0, False)]


@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(deeds=st.lists(one_deed, min_size=15, max_size=30))
def test_every_figure_is_what_somebody_with_paper_and_pencil_counts(town, deeds):
    town = Town(town.cast, dict(town.firms), town.now)
    with transaction.atomic():
        for deed in (*IN_ADVANCE, *deeds):
            town.live(*deed)
        town.compare()
        for firm in town.firms.values():
            firm.refresh_from_db()
        transaction.set_rollback(True)
    for firm in town.firms.values():
        firm.refresh_from_db()


def test_after_a_long_history_every_figure_opens_the_records_it_counts(town, monkeypatch):
    """On the pages, as the county's office sees them, by unit and by region, whatever has happened."""
    fate = random.Random(4)
    deeds, weights = zip(*DEEDS.items(), strict=True)
    for deed in (*IN_ADVANCE, *IN_ADVANCE):
        town.live(*deed)
    for _ in range(60):
        (deed,) = fate.choices(deeds, weights)
        town.live(deed, fate.randint(0, 6), fate.choice((0, 1, 2, 5)), fate.random() < 0.5)
    town.compare()
    assert len(set(town.done)) >= 8, town.done
    monkeypatch.setattr(clock, "now", lambda: town.now)
    client = town.cast.client("office")
    for by in ("unit", "region"):
        page = client.get(reverse("hazards:clearing"), {"by": by, "since": SINCE.isoformat()})
        assert page.context["whole"].counts == sum(town.clearing(town.today).values(), Counts())
        for row in (*page.context["rows"], page.context["whole"]):
            for part, figure in zip(Part, row.figures, strict=True):
                if figure.address:
                    assert client.get(figure.address).context["listing"].count == figure.value, (by, part, row.label)
