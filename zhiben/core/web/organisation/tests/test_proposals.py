"""A list of people becomes people at work: proposed by one administrator, granted by another, told their passwords."""

import pytest
from django.test import Client
from django.urls import reverse

from zhiben.conftest import FOUNDER
from zhiben.core import clock
from zhiben.core.accounts import services as accounts
from zhiben.core.audit.services import lines_of
from zhiben.core.org import services as org
from zhiben.core.org.models import Post, ProposedPost
from zhiben.core.org.roles import Role
from zhiben.core.web.organisation.proposals import ProposalPages
from zhiben.core.web.testing import PagesTest, check_page, rows_of_book


@pytest.fixture(autouse=True)
def _on_the_day_of_the_story(monkeypatch, now):
    monkeypatch.setattr(clock, "now", lambda: now)


def propose(unit, *names, role=Role.UNIT_OFFICER, now):
    people = org.register_people(people=[org.NewPerson(name=name) for name in names], by=FOUNDER, now=now)
    wanted = [org.NewProposal(person=person, unit=unit, role=role, title="科员") for person in people]
    return org.propose_posts(proposals=wanted, by=FOUNDER, now=now)


class TestProposalPages(PagesTest):
    pages, insider = ProposalPages, "security_administrator"

    def make(self, cast, now, count):
        return propose(cast.town.unit, *(f"丙{number}" for number in range(count)), now=now)


def test_a_whole_list_is_granted_at_once_and_the_doubtful_one_stays(cast, now):
    propose(cast.town.unit, "林溪", "何川", now=now)
    doubtful = org.NewProposal(person=cast.audit_administrator.person, unit=cast.town.unit, role=Role.UNIT_OFFICER)
    org.propose_posts(proposals=[doubtful], by=FOUNDER, now=now)
    client = cast.client("security_administrator")
    page = client.get(reverse("organisation:review_proposals")).content.decode()
    assert "安全经办" in page
    until = ProposedPost.objects.last().pk
    propose(cast.town.unit, "后来者", now=now)
    answer = client.post(reverse("organisation:review_proposals"), {"until": until, "confirm": "1"}).content.decode()
    assert "三员分立：管审是安全审计员" in answer
    held = Post.objects.filter(unit=cast.town.unit, title="科员")
    assert {post.person.name for post in held} == {"林溪", "何川"}
    assert [line.label for line in lines_of("org.post", held[0].pk)] == ["任命"]
    waiting = {proposal.person.name for proposal in ProposedPost.objects.all()}
    assert waiting == {"管审", "后来者"}, "nothing is granted that was not on the page"


def test_what_is_not_wanted_is_filtered_and_dropped(cast, now):
    propose(cast.town.unit, "林溪", now=now)
    propose(cast.bureau_officer.unit, "何川", now=now)
    address = f"{reverse('organisation:review_proposals')}?unit={cast.town.unit.pk}"
    until = ProposedPost.objects.last().pk
    cast.client("security_administrator").post(address, {"until": until, "drop": "1"})
    assert [each.person.name for each in ProposedPost.objects.all()] == ["何川"]


def test_only_the_security_administrator_grants(cast, now):
    [proposal] = propose(cast.town.unit, "林溪", now=now)
    address = reverse("organisation:review_proposals")
    check_page(cast, reverse("proposals:list"), insider="security_administrator", outsider="system_administrator")
    for other in ("system_administrator", "audit_administrator", "office"):
        assert cast.client(other).post(address, {"until": proposal.pk, "confirm": "1"}).status_code in (403, 404, 409)
    assert not Post.objects.filter(person=proposal.person).exists()


def test_nobody_grants_to_themselves_and_twice_is_once(cast, now):
    own = org.NewProposal(person=cast.security_administrator.person, unit=cast.town.unit, role=Role.UNIT_OFFICER)
    [mine] = org.propose_posts(proposals=[own], by=FOUNDER, now=now)
    by = cast.security_administrator
    [refused] = org.confirm_proposals(proposals=[mine], by=by, now=now)
    assert "不能给自己任命岗位" in refused.refusal
    [proposal] = propose(cast.town.unit, "林溪", now=now)
    assert org.confirm_proposals(proposals=[proposal], by=by, now=now)[0].post
    assert org.confirm_proposals(proposals=[proposal], by=by, now=now) == []


class TestFirstPasswords:
    @pytest.fixture
    def newcomers(self, cast, now):
        proposals = propose(cast.town.unit, "林溪", now=now) + propose(cast.outsider.unit, "外人", now=now)
        users = accounts.open_accounts(usernames=["lin.xi", "wai.ren"], by=FOUNDER, now=now)
        linked = [(each.person, user) for each, user in zip(proposals, users, strict=True)]
        org.link_accounts(accounts=linked, by=FOUNDER, now=now)
        return users

    def test_the_sheet_opens_the_door_and_holds_nobody_else_s(self, cast, newcomers, now):
        address = reverse("organisation:first_passwords")
        client = cast.client("system_administrator")
        assert '有 <strong class="num">1</strong> 人' in client.get(address).content.decode()
        answer = client.post(address, {})
        assert answer["Cache-Control"].count("no-store")
        rows = rows_of_book(answer.content)
        assert rows[0] == ["姓名", "单位", "登录名", "一次性密码"]
        assert [row[:3] for row in rows[1:]] == [["林溪", "柳溪镇人民政府", "lin.xi"]]
        browser = Client()
        assert browser.post("/login/", {"username": "lin.xi", "password": rows[1][3]})["Location"] == "/"
        assert browser.get("/")["Location"] == "/me/password/"
        labels = [line.label for line in lines_of("accounts.user", newcomers[0].pk)]
        assert labels[:2] == ["开设账号", "发放首次登录密码"]
        assert all(rows[1][3] not in str(line.data) for line in lines_of("accounts.user", newcomers[0].pk))

    def test_only_whoever_keeps_accounts_makes_it(self, cast, newcomers):
        address = reverse("organisation:first_passwords")
        assert cast.client("security_administrator").post(address, {}).status_code in (403, 404, 409)
        assert cast.client("office").get(address).status_code in (403, 404)
