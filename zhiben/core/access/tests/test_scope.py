"""What a post sees."""

import pytest
from django.db import connection

from tests.errands.models import Errand
from zhiben.core.access.scope import Confidentiality, can_see, perspectives_of
from zhiben.core.org import services as org
from zhiben.core.org.sectors import Sector


@pytest.fixture
def give():
    def give(doer, giver, **more: object) -> Errand:
        return Errand.objects.create(
            title="差事",
            region_path=doer.unit.region_path,
            responsible_unit=doer.unit,
            supervising_unit=giver.unit,
            **more,
        )

    return give


def who_sees(cast, errand: Errand) -> set[str]:
    return {name for name, acting in cast.people.items() if can_see(errand, acting)}


OVERSEERS = {"office", "chief", "governor", "regulator_chief"}


def test_those_who_do_it_those_who_gave_it_and_those_who_answer_for_the_region(cast, give):
    errand = give(cast.housing_officer, cast.office)
    assert who_sees(cast, errand) == OVERSEERS | {"housing_officer", "housing_leader"}


def test_a_town_answers_for_all_that_lies_in_it(cast, give):
    errand = give(cast.plant_officer, cast.office)
    assert who_sees(cast, errand) == OVERSEERS | {"plant_officer", "plant_head", "town"}


def test_a_department_oversees_its_sectors_only(cast, give):
    chemicals = give(cast.plant_officer, cast.office, sector=Sector.CHEMICALS)
    gas = give(cast.plant_officer, cast.office, sector=Sector.GAS)
    coal = give(cast.plant_officer, cast.office, sector=Sector.COAL)
    bureau = {"bureau_officer", "bureau_leader", "regulator"}
    assert bureau <= who_sees(cast, chemicals)
    assert who_sees(cast, gas) & (bureau | {"housing_officer"}) == {"housing_officer"}
    assert who_sees(cast, coal) & (bureau | {"regulator_chief"}) == {"regulator_chief"}, "综合监管 sees every sector"


def test_a_restricted_record_is_for_those_concerned_and_the_heads(cast, give):
    errand = give(cast.plant_officer, cast.office, confidentiality=Confidentiality.RESTRICTED)
    assert who_sees(cast, errand) == {"plant_officer", "plant_head", "office", "chief", "governor", "regulator_chief"}


@pytest.mark.parametrize("doer", ["town", "plant_officer", "bureau_officer", "housing_leader", "office", "governor"])
def test_the_outsider_and_the_administrators_see_nothing(cast, give, doer):
    give(getattr(cast, doer), cast.office, sector=Sector.CHEMICALS)
    for name in ("outsider", "system_administrator", "security_administrator", "audit_administrator"):
        acting = getattr(cast, name)
        assert not Errand.objects.visible_to(acting).exists()
        assert name == "outsider" or perspectives_of(Errand, acting) == []


def test_nobody_sees_nothing(cast, give):
    errand = give(cast.town, cast.office)
    assert not can_see(errand, None)


def test_each_named_view_is_a_part_of_what_one_sees(cast, give):
    mine, given = give(cast.office, cast.chief), give(cast.town, cast.office)
    theirs = give(cast.plant_officer, cast.housing_officer)
    seen = {name: set(Errand.objects.seen_as(name, cast.office)) for name in ("responsible", "supervising", "region")}
    assert seen == {"responsible": {mine}, "supervising": {mine, given}, "region": {mine, given, theirs}}
    assert not Errand.objects.seen_as("region", cast.plant_officer).exists()
    assert not Errand.objects.seen_as("everything", cast.office).exists()


@pytest.mark.parametrize("name", ["responsible", "supervising", "region"])
def test_a_view_is_one_range_of_one_index(cast, give, name):
    give(cast.town, cast.office)
    plan = Errand.objects.seen_as(name, cast.office).explain()
    if connection.vendor == "sqlite":
        assert plan.count("SEARCH") == 1
        assert "USING INDEX" in plan


def test_a_moved_region_takes_its_records_along(cast, give, now):
    errand = give(cast.plant_officer, cast.bureau_officer)
    org.move_region(region=cast.town.unit.region, parent=cast.other_county, by=cast.chief, now=now)
    assert "outsider" in who_sees(cast, errand)
    assert "office" not in who_sees(cast, errand)
