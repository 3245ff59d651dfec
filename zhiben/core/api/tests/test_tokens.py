"""Who is let in, and who is not: every bad day of a token."""

from datetime import date, timedelta

import pytest
from django.test import Client

from zhiben.core import clock
from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import NotPermitted
from zhiben.core.api import authentication
from zhiben.core.api.models import ApiToken, ApiUse
from zhiben.core.api.testing import Caller, caller, give_token, is_problem
from zhiben.core.api.tokens import make_token, revoke_token
from zhiben.core.api.upkeep import forget_old_answers
from zhiben.core.audit.models import AuditLine
from zhiben.core.org import services as org
from zhiben.core.org.models import Post
from zhiben.core.refusal import Refused
from zhiben.core.web.testing import check_page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def moment(monkeypatch, now):
    """The clock, which the test may put on."""
    at = [now]
    monkeypatch.setattr(clock, "machine_now", lambda: at[0])
    return at


def test_a_token_says_as_whom_it_acts(cast, now):
    me = caller(cast.bureau_officer, "tasks:read", now=now, per_minute=60).get("/me")
    told = me.json()
    assert (told["person"]["name"], told["unit"]["name"], told["scopes"]) == ("应勤", "县应急管理局", ["tasks:read"])
    assert told["now"] == "2026-03-10T10:00:00+08:00"
    assert (me["RateLimit-Limit"], me["RateLimit-Remaining"]) == ("60", "59")
    assert me["Cache-Control"] == "no-store"


def test_the_secret_is_nowhere_kept(cast, now):
    made = give_token(cast.bureau_officer, now=now)
    secret = made.secret.split("_", 2)[2]
    assert len(secret) >= 43
    row = str(ApiToken.objects.values().get(pk=made.token.pk))
    lines = "".join(str(line.data) for line in AuditLine.objects.filter(record_type="api.apitoken"))
    assert secret not in row
    assert secret not in lines


@pytest.mark.parametrize(
    "given",
    [
        "", "Bearer", "Bearer ", "Basic eDp5", "Bearer zb_", "Bearer zb__", "Bearer x", "Bearer zb_0000000000_x",
        "Bearer zb_喵_x", "Bearer " + "z" * 9000, "Bearer zb_\x00_\x00",
    ],
)  # fmt: skip
def test_what_is_no_token_opens_nothing(cast, given):
    answer = Client().get("/api/v1/me", headers={"Authorization": given} if given else {})
    is_problem(answer, 401)
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_wrong_secret_behind_a_right_prefix(cast, now):
    made = give_token(cast.bureau_officer, now=now)
    is_problem(Caller(f"zb_{made.token.prefix}_{'A' * 43}").get("/me"), 401)
    assert Caller(made.secret).get("/me").status_code == 200


def test_a_token_ends(cast, now, moment):
    made = give_token(cast.bureau_officer, now=now, days=30)
    moment[0] = now + timedelta(days=30)
    assert "到期" in is_problem(Caller(made.secret).get("/me"), 401)["detail"]
    is_problem(Caller(made.secret).get("/me"), 401)
    refused = AuditLine.objects.filter(record_type="api.apitoken", verb="refuse")
    assert refused.count() == 1, "一小时内只留一行痕"


def test_a_token_is_taken_back(cast, now):
    made = give_token(cast.bureau_officer, now=now)
    revoke_token(token=made.token, reason="不再使用", by=cast.security_administrator, now=now)
    assert "吊销" in is_problem(Caller(made.secret).get("/me"), 401)["detail"]
    with pytest.raises(NotPermitted):
        revoke_token(token=made.token, reason="", by=cast.office, now=now)


def test_an_ended_post_a_closed_account_and_a_foreign_network_end_it_too(cast, now, moment):
    bureau, town, office = (give_token(each, now=now) for each in (cast.bureau_officer, cast.town, cast.office))
    here = give_token(cast.office, now=now, networks=["10.1.2.0/24", "::1"])
    org.end_post(post=cast.bureau_officer.post, last_day=date(2026, 3, 10), by=cast.security_administrator, now=now)
    user = cast.town.person.user
    user.is_active = False
    user.save()
    moment[0] = now + timedelta(days=1)
    assert "不在任" in is_problem(Caller(bureau.secret).get("/me"), 401)["detail"]
    assert "停用" in is_problem(Caller(town.secret).get("/me"), 401)["detail"]
    assert Caller(office.secret).get("/me").status_code == 200
    assert "网络" in is_problem(Caller(here.secret, REMOTE_ADDR="10.1.3.1").get("/me"), 401)["detail"]
    assert Caller(here.secret, REMOTE_ADDR="10.1.2.9").get("/me").status_code == 200
    assert Caller(here.secret, REMOTE_ADDR="::ffff:10.1.2.9").get("/me").status_code == 200
    forwarded = Client(REMOTE_ADDR="10.1.3.1", HTTP_X_FORWARDED_FOR="10.1.2.9")
    assert forwarded.get("/api/v1/me", headers={"Authorization": f"Bearer {here.secret}"}).status_code == 401


def test_a_deputy_is_not_let_in_by_the_token_of_another(cast, now):
    """Standing in for somebody lends the post to a person, not to a machine: the token acts as the holder."""
    made = give_token(cast.bureau_officer, now=now)
    assert Caller(made.secret).get("/me").json()["person"]["name"] == "应勤"


def test_a_token_has_a_limit_a_minute(cast, now):
    asking = caller(cast.bureau_officer, now=now, per_minute=3)
    answers = [asking.get("/me") for _ in range(5)]
    let_in = [answer for answer in answers if answer.status_code == 200]
    if len(let_in) == 3:  # unless a minute ended in between
        told_off = answers[-1]
        assert "每分钟最多 3 次" in is_problem(told_off, 429)["detail"]
        assert 1 <= int(told_off["Retry-After"]) <= 60
        assert told_off["RateLimit-Remaining"] == "0"
    assert ApiUse.objects.filter(key__startswith="token:").exists()


def test_processes_together_keep_the_limit(cast, monkeypatch):
    """Each with its own memory, all with the same database."""
    from zhiben.core.api import limits

    memories = [{} for _ in range(4)]
    monkeypatch.setattr("time.time", lambda: 1_000_000.0)
    let_in = 0
    for turn in range(200):
        monkeypatch.setattr(limits, "_in_hand", memories[turn % 4])
        let_in += limits.take("token:shared", 100)[0]
    assert let_in == 100


def test_whoever_keeps_failing_is_sent_away_and_the_right_one_still_comes_in(cast, now, monkeypatch):
    monkeypatch.setattr(authentication, "FAILURES_A_MINUTE", 2)
    monkeypatch.setattr("time.time", lambda: 2_000_000.0)
    answers = [Client(REMOTE_ADDR="192.0.2.7").get("/api/v1/me").status_code for _ in range(4)]
    assert answers == [401, 401, 429, 429]
    right = give_token(cast.bureau_officer, now=now).secret
    assert Caller(right, REMOTE_ADDR="192.0.2.7").get("/me").status_code == 200


def test_last_use_is_noted_once_a_minute(cast, now, moment, django_assert_num_queries):
    made = give_token(cast.bureau_officer, now=now)
    asking = Caller(made.secret)
    asking.get("/me")
    moment[0] = now + timedelta(seconds=30)
    with django_assert_num_queries(1):
        asking.get("/me")
    moment[0] = now + timedelta(seconds=90)
    asking.get("/me")
    assert ApiToken.objects.get(pk=made.token.pk).last_used_at == moment[0]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"), ({"scopes": ()}, "scopes"), ({"scopes": ("all",)}, "scopes"), ({"days": 366}, "days"),
        ({"days": 0}, "days"), ({"per_minute": 0}, "per_minute"), ({"networks": ["办公室"]}, "networks"),
    ],
)  # fmt: skip
def test_a_token_is_only_given_within_bounds(cast, now, changes, field):
    given = {"name": "x", "post": cast.office.post, "scopes": ("tasks:read",), "days": 5} | changes
    with pytest.raises(Refused) as refused:
        make_token(**given, by=cast.security_administrator, now=now)
    assert refused.value.field == field


@pytest.mark.parametrize("whom", ["outsider", "audit_administrator"])
def test_a_token_is_not_given_to_these(cast, now, whom):
    post = getattr(cast, whom).post
    with pytest.raises(Refused):
        make_token(name="x", post=post, scopes=("tasks:read",), days=5, by=cast.security_administrator, now=now)


def test_the_pages_belong_to_the_security_administrator(cast, now):
    give_token(cast.bureau_officer, now=now)
    for address in ("/tokens/", "/tokens/new/", "/tokens/posts/?q=应"):
        check_page(cast, address, insider="security_administrator")
        assert cast.client("office").get(address).status_code == 404
    shown = cast.client("security_administrator").get("/tokens/").content.decode()
    assert "市数据平台" in shown
    assert "读取任务和定期工作" in shown


def test_a_token_is_made_on_the_page_shown_once_and_taken_back(cast, now):
    client = cast.client("security_administrator")
    form = {"name": "数据平台", "post": cast.office.post.pk, "scopes": ["tasks:read"], "days": 90, "per_minute": 60}
    wrong = client.post("/tokens/new/", {**form, "networks": "内网"})
    assert wrong.status_code == 422
    assert "不是网络地址" in wrong.content.decode()
    assert "数据平台" in wrong.content.decode()
    made = client.post("/tokens/new/", {**form, "networks": "127.0.0.1\n10.0.0.0/8"})
    token = ApiToken.objects.get()
    page = made.content.decode()
    secret = page.split('id="secret" value="')[1].split('"')[0]
    assert "no-store" in made["Cache-Control"]
    assert Caller(secret).get("/me").status_code == 200
    assert secret not in client.get("/tokens/").content.decode()
    assert cast.client("office").post(f"/tokens/{token.pk}/revoke/").status_code == 404
    client.post(f"/tokens/{token.pk}/revoke/")
    is_problem(Caller(secret).get("/me"), 401)
    assert "已吊销" in client.get("/tokens/").content.decode()


def test_a_keeper_of_another_county_sees_and_takes_back_nothing(cast, now):
    token = give_token(cast.bureau_officer, now=now).token
    elsewhere = Acting(cast.outsider.person, cast.outsider.post)
    Post.objects.filter(pk=elsewhere.post.pk).update(role="security_administrator")
    client = cast.client("outsider")
    assert "市数据平台" not in client.get("/tokens/").content.decode()
    assert client.post(f"/tokens/{token.pk}/revoke/").status_code == 404


def test_the_description_is_for_tokens_and_for_whoever_is_logged_in(cast, now):
    is_problem(Client().get("/api/v1/openapi.json"), 401)
    with_token = caller(cast.office, "tasks:read", now=now).get("/openapi.json")
    assert with_token.json()["info"]["title"] == "治本数据接口"
    assert cast.client("office").get("/api/v1/openapi.json").status_code == 200
    assert Client().get("/api/v1/docs").status_code == 302
    page = cast.client("plant_officer").get("/api/v1/docs")
    assert page.status_code == 200
    assert "Idempotency-Key" in page.content.decode()


def test_what_is_old_is_forgotten(cast, now, moment):
    asking = caller(cast.bureau_officer, now=now)
    asking.get("/me")
    ApiUse.objects.create(key="token:old", minute=1, count=3)
    forget_old_answers()
    assert not ApiUse.objects.filter(key="token:old").exists()
    assert ApiUse.objects.exists()
