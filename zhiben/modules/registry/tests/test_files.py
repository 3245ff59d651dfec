"""The file of an enterprise: registered, changed, completed; who may do it, and what is refused."""

import pytest

from zhiben.core.audit.services import lines_of
from zhiben.core.org.models import UnitKind
from zhiben.core.refusal import Refused
from zhiben.modules.registry.models import Enterprise
from zhiben.modules.registry.services import NewEnterprise, register_enterprise


def test_a_registered_plant_is_found_where_it_is_supervised(plant, cast):
    assert plant.unit == cast.plant_officer.unit
    assert plant.supervising_unit == cast.bureau_officer.unit
    for who in ("plant_officer", "plant_head", "bureau_officer", "regulator", "town", "office"):
        assert Enterprise.objects.visible_to(getattr(cast, who)).get() == plant, who
    for who in ("outsider", "housing_officer", "system_administrator"):
        assert not Enterprise.objects.visible_to(getattr(cast, who)).exists(), who
    assert [line.verb for line in lines_of("registry.enterprise", plant.pk)] == [
        "begin",
        "add_part",
        "add_part",
        "add_part",
    ]


def test_two_restaurants_may_bear_one_name(cast, to):
    region = cast.town.unit.region
    first, second = (
        register_enterprise(enterprise=NewEnterprise(name="小李餐馆", region=region, address=place), **to)
        for place in ("东街 1 号", "西街 2 号")
    )
    assert first.unit != second.unit
    assert {first.unit.superior, second.unit.superior} == {cast.town.unit}
    assert first.unit.kind == UnitKind.ENTERPRISE


def test_an_enterprise_of_another_county_is_not_registered(cast, to):
    with pytest.raises(Refused, match="不在澄溪县范围内"):
        register_enterprise(enterprise=NewEnterprise(name="远山石料厂", region=cast.other_county), **to)
