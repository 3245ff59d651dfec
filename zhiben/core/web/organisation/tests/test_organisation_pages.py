"""The three administrators at work in the browser, each at their own."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from zhiben.conftest import FOUNDER
from zhiben.core import clock
from zhiben.core.access.acting import hats
from zhiben.core.audit.services import lines_of
from zhiben.core.clock import local_day
from zhiben.core.org import services as org
from zhiben.core.org.models import BodyKind, Delegation, Person, Post, Region, RegionLevel, Unit, UnitKind
from zhiben.core.org.roles import Role
from zhiben.core.web.organisation.pages import (
    BodyPages,
    DelegationPages,
    PersonPages,
    PostPages,
    RegionPages,
    TrailPages,
    UnitPages,
)
from zhiben.core.web.testing import PagesTest


@pytest.fixture(autouse=True)
def _on_the_day_of_the_story(monkeypatch, now):
    monkeypatch.setattr(clock, "now", lambda: now)


class TestRegionPages(PagesTest):
    pages, insider = RegionPages, "system_administrator"

    def make(self, cast, now, count):
        first = Region.objects.count()
        to = {"level": RegionLevel.TOWN, "parent": cast.county, "by": FOUNDER, "now": now}
        return [org.open_region(name=f"第{first + number}镇", **to) for number in range(count)]


class TestUnitPages(PagesTest):
    pages, insider = UnitPages, "system_administrator"

    def make(self, cast, now, count):
        first = Unit.objects.count()
        to = {"kind": UnitKind.ENTERPRISE, "region": cast.county, "by": FOUNDER, "now": now}
        return [org.open_unit(name=f"第{first + number}机械厂", **to) for number in range(count)]


class TestPersonPages(PagesTest):
    pages, insider = PersonPages, "system_administrator"

    def make(self, cast, now, count):
        return [org.register_person(name=f"甲{number}", by=FOUNDER, now=now) for number in range(count)]


class TestPostPages(PagesTest):
    pages, insider = PostPages, "security_administrator"

    def make(self, cast, now, count):
        people = [org.register_person(name=f"乙{number}", by=FOUNDER, now=now) for number in range(count)]
        to = {"unit": cast.town.unit, "role": Role.UNIT_OFFICER, "by": FOUNDER, "now": now}
        return [org.appoint(person=person, **to) for person in people]


class TestDelegationPages(PagesTest):
    pages, insider = DelegationPages, "security_administrator"

    def make(self, cast, now, count):
        day = local_day(now)
        deputies = [org.register_person(name=f"丙{number}", by=FOUNDER, now=now) for number in range(count)]
        to = {"post": cast.town.post, "valid_from": day, "valid_to": day, "by": cast.town, "now": now}
        return [org.delegate(deputy=deputy, **to) for deputy in deputies]


class TestBodyPages(PagesTest):
    pages, insider = BodyPages, "system_administrator"

    def make(self, cast, now, count):
        to = {"kind": BodyKind.TASK_FORCE, "region": cast.county, "by": FOUNDER, "now": now}
        return [org.form_body(name=f"第{number}工作专班", **to) for number in range(count)]


class TestTrailPages(PagesTest):
    pages, insider = TrailPages, "audit_administrator"

    def make(self, cast, now, count):
        for number in range(count):
            org.add_alias(unit=cast.town.unit, name=f"柳{now.microsecond}{number}", by=FOUNDER, now=now)
        return list(lines_of("org.unit", cast.town.unit.pk))[-count:]


OWN_PAGES = {
    "system_administrator": {"units", "people", "bodies", "regions", "system-jobs"},
    "security_administrator": {"units", "people", "appointments", "delegations"},
    "audit_administrator": {"trail"},
    "office": set(),
    "chief": set(),
    "plant_head": set(),
}


@pytest.mark.parametrize("who", OWN_PAGES)
def test_each_administrator_opens_their_own_pages_only(cast, who):
    client = cast.client(who)
    every = set().union(*OWN_PAGES.values())
    opened = {name for name in every if client.get(reverse(f"{name}:list")).status_code == 200}
    assert opened == OWN_PAGES[who]


def test_an_administrator_of_one_county_keeps_that_county(cast, now):
    client = cast.client("system_administrator")
    other = cast.outsider.unit
    assert client.get(reverse("units:detail", args=[other.pk])).status_code == 404
    assert client.get(reverse("people:detail", args=[cast.outsider.person.pk])).status_code == 404
    answer = client.post(
        reverse("units:new"),
        {"name": "远山县水务局", "kind": "department", "region": cast.other_county.pk, "version": ""},
    )
    assert "您只能维护澄溪县" in answer.content.decode()
    assert not Unit.objects.filter(name="远山县水务局").exists()


def test_a_unit_is_entered_and_changed(cast):
    client = cast.client("system_administrator")
    filled = {"name": "澄溪县水务局", "kind": "department", "region_text": "澄溪县", "aliases": "水利局\n县水务局"}
    client.post(reverse("units:new"), filled)
    unit = Unit.objects.get(name="澄溪县水务局")
    assert unit.superior == cast.office.unit
    assert set(unit.aliases.values_list("name", flat=True)) == {"水利局", "县水务局"}

    page = client.get(reverse("units:edit", args=[unit.pk])).content.decode()
    version = re.search(r'name="version" value="(\d*)"', page).group(1)
    changed = filled | {
        "name": "澄溪县水利局",
        "superior": cast.governor.unit.pk,
        "sectors": ["water_works"],
        "aliases": "县水务局",
        "version": version,
    }
    answer = client.post(reverse("units:edit", args=[unit.pk]), changed)
    assert answer.status_code == 302
    unit.refresh_from_db()
    assert (unit.name, unit.superior, unit.sectors) == ("澄溪县水利局", cast.governor.unit, ["water_works"])
    assert "澄溪县水务局" in unit.aliases.values_list("name", flat=True)
    labels = [line.label for line in lines_of("org.unit", unit.pk)]
    assert labels == ["新设单位", "删除别名", "单位更名", "修改单位"]


def test_a_wrong_credit_code_is_said_beside_its_field(cast):
    filled = {"name": "新厂", "kind": "enterprise", "region": cast.county.pk, "credit_code": "123"}
    answer = cast.client("system_administrator").post(reverse("units:new"), filled)
    assert "统一社会信用代码应为 18 位" in answer.content.decode()


def test_a_region_is_renamed_and_moved(cast, now):
    client = cast.client("system_administrator")
    town = cast.town.unit.region
    park = org.open_region(
        name="澄溪园区", level=RegionLevel.COUNTY, parent=cast.county, is_functional=True, by=FOUNDER, now=now
    )
    page = client.get(reverse("regions:edit", args=[town.pk])).content.decode()
    version = re.search(r'name="version" value="(\d*)"', page).group(1)
    filled = {"name": "柳溪街道", "parent": park.pk, "code": "990121001000", "on": "2026-06-01", "version": version}
    assert client.post(reverse("regions:edit", args=[town.pk]), filled).status_code == 302
    town.refresh_from_db()
    assert (town.name, town.parent) == ("柳溪街道", park)
    assert town.former_names.get().name == "柳溪镇"
    assert town.codes.get(valid_to=None).code == "990121001000"


def test_from_nobody_to_somebody_at_work(cast, now):
    """Registered and given an account by one, appointed by another, and in the end at work."""
    keeper, granter = cast.client("system_administrator"), cast.client("security_administrator")
    keeper.post(reverse("people:new"), {"name": "柳叶", "mobile": ""})
    person = Person.objects.get(name="柳叶")
    page = keeper.post(reverse("organisation:open_account", args=[person.pk]), {"username": "liuye"}).content.decode()
    password = re.search(r'<code class="num">(.+?)</code>', page).group(1)
    assert password not in keeper.get(reverse("people:detail", args=[person.pk])).content.decode()

    appoint = reverse("organisation:appoint", args=[person.pk])
    filled = {"unit": cast.town.unit.pk, "role": "unit_leader", "title": "镇长", "valid_from": "2026-03-10"}
    assert keeper.get(appoint).status_code == 403, "who opens accounts grants no rights"
    assert granter.post(appoint, filled).status_code == 302
    assert granter.post(reverse("organisation:open_account", args=[person.pk]), {"username": "x"}).status_code == 403

    client = Client()
    client.post("/login/", {"username": "liuye", "password": password})
    chosen = {"old": password, "new": "a-Leaf-in-2026", "again": "a-Leaf-in-2026"}
    client.post(reverse("accounts:password"), chosen)
    assert client.get("/").status_code == 200
    assert [str(hat.post) for hat in hats(Person.objects.get(name="柳叶").user_id, now)] == ["柳溪镇·镇长"]


def test_what_three_separate_persons_forbids_is_said_on_the_page(cast):
    appoint = reverse("organisation:appoint", args=[cast.office.person.pk])
    filled = {"unit": cast.governor.unit.pk, "role": "audit_administrator", "valid_from": "2026-03-10"}
    answer = cast.client("security_administrator").post(appoint, filled)
    assert "三员分立" in answer.content.decode()
    assert Post.objects.filter(person=cast.office.person).count() == 1


@pytest.mark.parametrize("verb", ["reset_password", "switch_account"])
def test_no_administrator_becomes_another_by_a_reset(cast, verb):
    address = reverse(f"organisation:{verb}", args=[cast.security_administrator.person.pk])
    answer = cast.client("system_administrator").post(address)
    assert "只能由操作员在服务器上" in answer.content.decode()
    user = cast.security_administrator.person.user
    user.refresh_from_db()
    assert user.is_active
    assert not user.must_change_password


def test_accounts_are_reset_closed_and_freed(cast):
    person = cast.town.person
    keeper, guard = cast.client("system_administrator"), cast.client("security_administrator")
    assert "一次性密码" in keeper.post(reverse("organisation:reset_password", args=[person.pk])).content.decode()
    keeper.post(reverse("organisation:switch_account", args=[person.pk]))
    person.user.refresh_from_db()
    assert not person.user.is_active
    keeper.post(reverse("organisation:switch_account", args=[person.pk]))
    guard.post(reverse("organisation:free_account", args=[person.pk]))
    labels = [line.label for line in lines_of("accounts.user", person.user.pk)]
    assert labels == ["开设账号", "重置密码", "停用账号", "恢复账号", "解除登录锁定"]


def test_a_post_is_ended(cast):
    address = reverse("organisation:end_post", args=[cast.town.post.pk])
    cast.client("security_administrator").post(address, {"last_day": "2026-03-31"})
    cast.town.post.refresh_from_db()
    assert str(cast.town.post.valid_to) == "2026-03-31"


def test_a_unit_is_closed_by_its_keeper_only(cast):
    address = reverse("organisation:close_unit", args=[cast.housing_leader.unit.pk])
    assert cast.client("security_administrator").post(address, {"last_day": "2026-03-31"}).status_code == 403
    cast.client("system_administrator").post(address, {"last_day": "2026-03-31"})
    assert Unit.objects.get(pk=cast.housing_leader.unit.pk).valid_to is not None


def test_members_come_and_go(cast):
    client = cast.client("system_administrator")
    address = reverse("organisation:add_member", args=[cast.committee.pk])
    assert client.get(address).status_code == 200
    client.post(address, {"unit": cast.plant_head.unit.pk, "position": "member"})
    member = cast.committee.memberships.get(unit=cast.plant_head.unit)
    assert "请选择成员单位" in client.post(address, {"position": "member"}).content.decode()
    client.post(reverse("organisation:end_membership", args=[cast.committee.pk, member.pk]))
    member.refresh_from_db()
    assert member.valid_to is not None


class TestMyDelegations:
    address = "/me/delegations/"

    def give(self, cast, **changes):
        filled = {
            "post": cast.office.post.pk,
            "deputy": cast.chief.person.pk,
            "valid_from": "2026-03-10",
            "valid_to": "2026-03-20",
            "reason": "出差",
        }
        return cast.client("office").post(self.address, filled | changes)

    def test_one_lends_one_s_own_post_and_takes_it_back(self, cast, now):
        assert self.give(cast).status_code == 302
        assert len(hats(cast.chief.person.user_id, now)) == 2
        assert "代安宁" in cast.client("chief").get("/").content.decode()
        delegation = Delegation.objects.get()
        cast.client("office").post(f"{self.address}{delegation.pk}/end/")
        assert len(hats(cast.chief.person.user_id, now)) == 1

    def test_another_s_post_is_not_even_offered(self, cast):
        assert self.give(cast, post=cast.governor.post.pk).status_code == 422
        assert not Delegation.objects.exists()

    def test_a_refusal_stands_on_the_page_and_nothing_typed_is_lost(self, cast):
        answer = self.give(cast, valid_to="2026-03-01")
        page = answer.content.decode()
        assert "不能早于开始日" in page
        assert "出差" in page

    def test_others_do_not_end_it(self, cast):
        self.give(cast)
        delegation = Delegation.objects.get()
        assert cast.client("governor").post(f"{self.address}{delegation.pk}/end/").status_code == 404

    def test_a_past_one_is_gone(self, cast, now, monkeypatch):
        self.give(cast)
        monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=30))
        assert "现在没有人代理" in cast.client("office").get(self.address).content.decode()


def test_the_lookup_of_regions_stays_within_reach(cast):
    found = cast.client("system_administrator").get("/lookup/regions/", {"q": "县"}).json()["found"]
    assert [each["label"] for each in found] == ["澄溪县"]
