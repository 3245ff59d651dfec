"""Whom a picker offers to whom: those one has to do with, enterprises only where they are meant."""

import pytest

from zhiben.conftest import FOUNDER
from zhiben.core.exchange.naming import UnitNames
from zhiben.core.org import services as org
from zhiben.core.org.models import UnitKind
from zhiben.core.org.resolve import preselected, resolve

pytestmark = pytest.mark.django_db


def found(cast, who, address):
    return [each["label"] for each in cast.client(who).get(address).json()["found"]]


def test_an_enterprise_finds_itself_and_those_above_it(cast):
    assert found(cast, "plant_officer", "/lookup/units/?q=柳溪") == ["柳溪镇"]
    assert found(cast, "plant_officer", "/lookup/units/?q=云帆") == ["云帆化工"]
    assert found(cast, "plant_officer", "/lookup/units/?q=远山") == []
    assert found(cast, "plant_officer", "/lookup/people/?q=云") == ["云安", "云帆"]


def test_another_county_is_not_leafed_through(cast):
    assert found(cast, "office", "/lookup/units/?q=远山县安委办") == []
    assert found(cast, "outsider", "/lookup/units/?q=云帆化工") == []
    assert found(cast, "outsider", "/lookup/people/?q=云安") == []


def test_enterprises_of_one_name_are_told_apart(cast, now):
    region, to = cast.town.unit.region, {"by": FOUNDER, "now": now}
    for _ in range(2):
        new = org.NewUnit(name="小李餐馆", kind=UnitKind.ENTERPRISE, region=region)
        org.open_units(units=[new], **to)
    rows = cast.client("town").get("/lookup/units/?q=小李餐馆").json()["found"]
    assert len(rows) == 2
    assert "柳溪镇" in rows[0]["detail"]
    said = UnitNames(cast.town, now.date()).find({"小李餐馆"})["小李餐馆"].problem
    assert said.startswith("叫“小李餐馆”的有 2 家（柳溪镇、柳溪镇）")
    suggestions = resolve("小李餐馆", region=cast.county, day=now.date())
    assert len(suggestions) == 2
    assert preselected(suggestions) == []
