"""Who may take a step, where it waits, and how it never gets stuck."""

from types import SimpleNamespace

import pytest

from zhiben.conftest import FOUNDER, IN_OFFICE_SINCE
from zhiben.core.access.acting import Machine
from zhiben.core.access.actors import (
    Above,
    AnyOf,
    Holder,
    Members,
    Named,
    OneLevelUp,
    SectorRegulator,
    TheSystem,
    may_act,
)
from zhiben.core.access.directory import Directory
from zhiben.core.org import services as org
from zhiben.core.org.models import BodyMembership
from zhiben.core.org.roles import Role

OFFICER = Holder(Role.UNIT_OFFICER)
LEADER = Holder(Role.UNIT_LEADER)


def record(**fields: object) -> SimpleNamespace:
    empty = {"responsible_unit_id": None, "supervising_unit_id": None, "sector": "", "region_path": ""}
    return SimpleNamespace(**empty | fields)


def given_to(acting, **more: object) -> SimpleNamespace:
    return record(responsible_unit_id=acting.unit.pk, region_path=acting.unit.region_path, **more)


@pytest.fixture
def who(cast, now):
    """The names in the cast that may take an actor's step on a record."""

    def may_take(actor, task) -> set[str]:
        return {name for name, acting in cast.people.items() if may_act(actor, task, acting, Directory(now))}

    return may_take


def test_the_officer_of_the_unit_that_was_given_the_work(cast, who):
    assert who(OFFICER, given_to(cast.housing_officer)) == {"housing_officer"}


def test_in_an_enterprise_its_safety_officer_is_the_officer(cast, who):
    assert who(OFFICER, given_to(cast.plant_officer)) == {"plant_officer"}
    assert who(LEADER, given_to(cast.plant_officer)) == {"plant_head"}


def test_a_town_without_leader_is_answered_by_the_chief_above(cast, who):
    assert who(LEADER, given_to(cast.town)) == {"chief"}


def test_where_only_a_head_is_left_the_head_does_the_officer_s_work(cast, who, now):
    org.end_post(post=cast.housing_officer.post, last_day=IN_OFFICE_SINCE, by=FOUNDER, now=now)
    assert who(OFFICER, given_to(cast.housing_leader)) == {"housing_leader"}


def test_nobody_verifies_their_own_work_and_yet_it_goes_on(cast, who):
    verifier = Holder(Role.UNIT_OFFICER, apart_from="done_by")
    mine = given_to(cast.town, done_by_id=cast.town.person.pk)
    assert who(verifier, mine) == {"office"}
    assert who(verifier, given_to(cast.town, done_by_id=cast.chief.person.pk)) == {"town"}


def test_without_fallback_the_empty_seat_waits(cast, who, now):
    strict = Holder(Role.UNIT_LEADER, fallback=None)
    assert who(strict, given_to(cast.town)) == set()
    assert strict.seats(given_to(cast.town), Directory(now)) == (f"u{cast.town.unit.pk}:unit_leader",)


def test_a_fallback_may_name_the_role_above(cast, who):
    actor = Holder(Role.UNIT_LEADER, fallback=Above(Role.GOVERNMENT_LEADER))
    assert who(actor, given_to(cast.town)) == {"governor"}


def test_one_level_up(cast, who):
    assert who(OneLevelUp(Role.UNIT_LEADER), given_to(cast.town)) == {"chief"}
    assert who(OneLevelUp(Role.SAFETY_OFFICER), given_to(cast.plant_officer)) == {"town"}
    assert who(OneLevelUp(Role.GOVERNMENT_LEADER), given_to(cast.governor)) == {"governor"}


def test_the_regulator_of_the_sector(cast, who):
    chemicals = given_to(cast.plant_officer, sector="chemicals")
    assert who(SectorRegulator(), chemicals) == {"regulator"}
    assert who(SectorRegulator(), given_to(cast.plant_officer, sector="gas")) == set()


def test_the_regulators_of_another_county_are_others(cast, who):
    elsewhere = record(sector="chemicals", region_path=cast.outsider.unit.region_path)
    assert who(SectorRegulator(), elsewhere) == set()


def test_members_of_a_body_act_through_their_heads_or_by_name(cast, who, now):
    org.add_member(
        body=cast.committee, person=cast.governor.person, position=BodyMembership.Position.CHAIR, by=FOUNDER, now=now
    )
    in_committee = record(body_id=cast.committee.pk)
    assert who(Members(), in_committee) == {"bureau_leader", "regulator_chief", "housing_leader", "governor"}
    assert who(Members(positions=(BodyMembership.Position.CHAIR,)), in_committee) == {"governor"}


def test_a_person_by_name_acts_from_any_post(cast, who):
    task = record(checker_id=cast.bureau_officer.person.pk)
    assert who(Named("checker"), task) == {"bureau_officer", "regulator"}
    assert who(Named("checker"), record(checker_id=None)) == set()


def test_any_of_several(cast, who):
    either = AnyOf(OFFICER, Holder(Role.COMMITTEE_OFFICER, unit="supervising_unit"))
    task = given_to(cast.housing_officer)
    task.supervising_unit_id = cast.office.unit.pk
    assert who(either, task) == {"housing_officer", "office"}
    assert either.label == "承办单位安全经办或交办单位安委办经办"


def test_the_system_s_steps_belong_to_the_system(cast, who, now):
    directory, task = Directory(now), given_to(cast.town)
    assert who(TheSystem(), task) == set()
    assert may_act(TheSystem(), task, Machine("巡查"), directory)
    assert may_act(AnyOf(OFFICER, TheSystem()), task, Machine("巡查"), directory)
    assert not may_act(OFFICER, task, Machine("巡查"), directory)


def test_a_field_may_lead_further(cast, who):
    feedback = SimpleNamespace(task=given_to(cast.housing_officer))
    assert who(Holder(Role.UNIT_OFFICER, unit="task.responsible_unit"), feedback) == {"housing_officer"}


def test_the_outsider_is_never_among_them(cast, who):
    actors = [OFFICER, LEADER, OneLevelUp(Role.UNIT_OFFICER), SectorRegulator()]
    for acting in cast.people.values():
        if acting is not cast.outsider:
            for actor in actors:
                assert "outsider" not in who(actor, given_to(acting, sector="chemicals"))
