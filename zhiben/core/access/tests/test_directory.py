"""Who sits where."""

from datetime import timedelta

import pytest

from zhiben.conftest import FOUNDER
from zhiben.core.access.directory import Directory, shared_directory
from zhiben.core.access.seats import person_seat, unit_seat
from zhiben.core.clock import local_day
from zhiben.core.org import services as org
from zhiben.core.org.roles import Role


@pytest.fixture
def directory(cast, now):
    return Directory(now)


def names(people) -> list[str]:
    return [person.name for person in people]


def test_a_town_with_a_single_officer_has_no_leader(cast, directory):
    town = cast.town.unit.pk
    assert directory.occupied(town, Role.UNIT_OFFICER)
    assert not directory.occupied(town, Role.UNIT_LEADER)
    assert not directory.occupied(town, Role.UNIT_OFFICER, apart_from=cast.town.person.pk)


def test_what_lies_above_a_plant(cast, directory):
    above = list(directory.above(cast.plant_head.unit.pk))
    assert above == [cast.town.unit.pk, cast.office.unit.pk, cast.governor.unit.pk]


def test_a_seat_holds_its_people(cast, directory):
    assert names(directory.people(unit_seat(cast.office.unit.pk, Role.COMMITTEE_OFFICER))) == ["安宁"]
    assert names(directory.people(unit_seat(cast.town.unit.pk, Role.UNIT_LEADER))) == []
    assert names(directory.people(person_seat(cast.chief.person))) == ["主策"]


def test_a_sector_seat_holds_those_of_the_sector(cast, directory):
    bureau = cast.regulator.unit.pk
    assert names(directory.people(unit_seat(bureau, Role.REGULATOR, "chemicals"))) == ["应勤"]
    assert names(directory.people(unit_seat(bureau, Role.REGULATOR, "gas"))) == []


def test_a_deputy_sits_there_too_while_it_lasts(cast, now):
    today = local_day(now)
    org.delegate(
        post=cast.office.post, deputy=cast.chief.person, valid_from=today, valid_to=today, by=cast.office, now=now
    )
    seat = unit_seat(cast.office.unit.pk, Role.COMMITTEE_OFFICER)
    assert names(Directory(now).people(seat)) == ["安宁", "主策"]
    assert names(Directory(now).people(person_seat(cast.office.person))) == ["安宁", "主策"]
    assert names(Directory(now + timedelta(days=1)).people(seat)) == ["安宁"]


def test_who_left_sits_there_no_more(cast, now):
    org.end_post(post=cast.town.post, last_day=local_day(now), by=FOUNDER, now=now)
    seat = unit_seat(cast.town.unit.pk, Role.UNIT_OFFICER)
    assert names(Directory(now).people(seat)) == ["柳青"]
    assert names(Directory(now + timedelta(days=1)).people(seat)) == []


def test_all_units_together_cost_three_queries(cast, now, django_assert_num_queries):
    directory = Directory(now)
    units = [acting.unit.pk for acting in cast.people.values()]
    with django_assert_num_queries(3):
        directory.prefetch([*units, None])
        for acting in cast.people.values():
            directory.people(unit_seat(acting.unit.pk, acting.role))
            directory.superior(acting.unit.pk)


def test_all_seats_together_cost_five_queries(cast, now, django_assert_num_queries):
    directory = Directory(now)
    seats = [seat for acting in cast.people.values() for seat in acting.seats]
    with django_assert_num_queries(5):
        directory.prefetch_seats(seats)
        assert all(directory.people(seat) for seat in seats)


def test_a_row_of_operations_looks_up_each_unit_once(cast, now, django_assert_num_queries):
    town, tomorrow = cast.town.unit.pk, now + timedelta(days=1)
    with shared_directory():
        Directory(now).prefetch([town])
        with django_assert_num_queries(0):
            assert Directory(tomorrow).occupied(town, Role.UNIT_OFFICER)
        assert Directory(tomorrow).day == local_day(tomorrow)
    org.end_post(post=cast.town.post, last_day=local_day(now), by=FOUNDER, now=now)
    with shared_directory():
        assert not Directory(tomorrow).occupied(town, Role.UNIT_OFFICER), "the next row looks for itself"
    with django_assert_num_queries(3):
        Directory(now).prefetch([town])
