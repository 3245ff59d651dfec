"""Who may hold what: 三员分立, kinds of unit, delegation."""

from datetime import date, timedelta

import pytest

from zhiben.conftest import FOUNDER, IN_OFFICE_SINCE
from zhiben.core.audit.services import lines_of
from zhiben.core.clock import local_day
from zhiben.core.org import services as org
from zhiben.core.org.roles import ADMINISTRATORS, Role
from zhiben.core.refusal import Refused


@pytest.fixture
def to(now):
    return {"by": FOUNDER, "now": now}


@pytest.fixture
def today(now):
    return local_day(now)


@pytest.mark.parametrize("second", sorted(ADMINISTRATORS - {Role.SYSTEM_ADMINISTRATOR}))
def test_nobody_is_two_administrators(cast, to, second):
    with pytest.raises(Refused, match="三员分立：管系已是系统管理员，不能再任"):
        org.appoint(person=cast.system_administrator.person, unit=cast.governor.unit, role=second, **to)


@pytest.mark.parametrize("role", sorted(ADMINISTRATORS))
def test_who_does_business_is_no_administrator(cast, to, role):
    with pytest.raises(Refused, match="三员分立：安宁担任业务岗位"):
        org.appoint(person=cast.office.person, unit=cast.governor.unit, role=role, **to)


def test_an_administrator_takes_no_business_post(cast, to):
    with pytest.raises(Refused, match="三员分立：管审是安全审计员，不能承担业务岗位"):
        org.appoint(person=cast.audit_administrator.person, unit=cast.bureau_officer.unit, role=Role.UNIT_OFFICER, **to)


def test_an_administrator_stands_in_for_no_business_post(cast, today, now):
    with pytest.raises(Refused, match="三员分立"):
        org.delegate(
            post=cast.office.post, deputy=cast.system_administrator.person,
            valid_from=today, valid_to=today, by=cast.office, now=now,
        )  # fmt: skip


def test_who_stands_in_for_an_administrator_does_no_business(cast, today, now):
    with pytest.raises(Refused, match="三员分立"):
        org.delegate(
            post=cast.system_administrator.post, deputy=cast.office.person,
            valid_from=today, valid_to=today, by=cast.system_administrator, now=now,
        )  # fmt: skip


def test_the_rule_looks_at_the_days_only(cast, to, today):
    org.end_post(post=cast.office.post, last_day=today, **to)
    later = today + timedelta(days=1)
    post = org.appoint(
        person=cast.office.person, unit=cast.governor.unit, role=Role.AUDIT_ADMINISTRATOR, valid_from=later, **to
    )
    assert post.valid_from == later


def test_nobody_appoints_themselves(cast, now):
    with pytest.raises(Refused, match="不能给自己任命岗位"):
        org.appoint(
            person=cast.security_administrator.person, unit=cast.governor.unit, role=Role.UNIT_OFFICER,
            by=cast.security_administrator, now=now,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("where", "role"),
    [("plant_head", Role.COMMITTEE_CHIEF), ("town", Role.ENTERPRISE_HEAD), ("plant_head", Role.SYSTEM_ADMINISTRATOR)],
)
def test_a_role_belongs_to_its_kind_of_unit(cast, to, where, role):
    person = org.register_person(name="新人", **to)
    with pytest.raises(Refused, match="不设"):
        org.appoint(person=person, unit=getattr(cast, where).unit, role=role, **to)


def test_the_same_post_is_not_given_twice(cast, to):
    with pytest.raises(Refused, match="不必重复任命"):
        org.appoint(person=cast.town.person, unit=cast.town.unit, role=Role.UNIT_OFFICER, **to)


def test_a_post_does_not_end_before_it_begins(cast, to):
    with pytest.raises(Refused, match="不能早于"):
        org.end_post(post=cast.town.post, last_day=IN_OFFICE_SINCE - timedelta(days=1), **to)


def test_an_appointment_leaves_a_line(cast):
    line = lines_of("org.post", cast.town.post.pk).get()
    assert (line.label, line.data["person"], line.data["role"]) == ("任命", "柳青", "安全经办")


def delegate(cast, now, **changes):
    today = local_day(now)
    to = {"post": cast.office.post, "deputy": cast.chief.person, "valid_from": today, "valid_to": today} | changes
    return org.delegate(**{"by": cast.office, "now": now, **to})


def test_one_delegates_only_one_s_own_post(cast, now):
    with pytest.raises(Refused, match="只能委托他人代理自己的岗位"):
        delegate(cast, now, by=cast.chief, deputy=cast.governor.person)


def test_a_deputy_does_not_pass_the_post_on(cast, now):
    from zhiben.core.access.acting import Acting

    delegate(cast, now)
    as_deputy = Acting(cast.chief.person, cast.office.post, cast.office.person)
    with pytest.raises(Refused, match="只能委托他人代理自己的岗位"):
        delegate(cast, now, by=as_deputy, deputy=cast.governor.person)


def test_one_does_not_stand_in_for_oneself(cast, now):
    with pytest.raises(Refused, match="不能委托自己"):
        delegate(cast, now, deputy=cast.office.person)


@pytest.mark.parametrize(
    ("start", "end", "says"),
    [
        (date(2026, 3, 12), date(2026, 3, 11), "不能早于开始日"),
        (date(2026, 3, 1), date(2026, 3, 9), "已经过去"),
        (date(2019, 12, 1), date(2026, 3, 12), "超出了岗位"),
    ],
)
def test_the_days_of_a_delegation_make_sense(cast, now, start, end, says):
    with pytest.raises(Refused, match=says):
        delegate(cast, now, valid_from=start, valid_to=end)


def test_a_delegation_is_made_once(cast, now):
    delegate(cast, now)
    with pytest.raises(Refused, match="已经代理这个岗位"):
        delegate(cast, now)


def test_either_side_may_end_it_and_nobody_else(cast, now):
    delegation = delegate(cast, now)
    with pytest.raises(Refused, match="本人"):
        org.end_delegation(delegation=delegation, by=cast.governor, now=now)
    org.end_delegation(delegation=delegation, by=cast.chief, now=now)
    assert [line.label for line in lines_of("org.post", cast.office.post.pk)] == ["任命", "设置代理", "结束代理"]
