"""Coming in."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from zhiben.conftest import FOUNDER
from zhiben.core import clock
from zhiben.core.accounts import services
from zhiben.core.accounts.models import User
from zhiben.core.accounts.passwords import one_time_password
from zhiben.core.audit.services import lines_of
from zhiben.core.refusal import Refused

LOGIN = "/login/"
RIGHT = "office-walks-in-2026"


def labels(user: User) -> list[str]:
    return [line.label for line in lines_of("accounts.user", user.pk)]


def log_in(client: Client, password: str = RIGHT, username: str = "office", **more: str):
    return client.post(LOGIN, {"username": username, "password": password, **more})


@pytest.fixture
def office(cast) -> User:
    return cast.office.person.user


def test_the_right_password_opens_the_door(office, client):
    response = log_in(client)
    assert response.status_code == 302
    assert response["Location"] == "/"
    assert labels(office) == ["开设账号", "登录"]
    assert office.sessions.count() == 1


def test_the_page_asked_for_comes_after_the_login(office, client):
    assert log_in(client, next="/me/")["Location"] == "/me/"


@pytest.mark.parametrize(
    "elsewhere", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", "/\\elsewhere.example"]
)
def test_the_login_page_leads_nowhere_else(office, client, elsewhere):
    assert log_in(client, next=elsewhere)["Location"] == "/"


def test_a_page_of_work_asks_for_a_login_first(client, db):
    response = client.get("/me/password/")
    assert response.status_code == 302
    assert response["Location"] == "/login/?next=/me/password/"


def test_wrong_name_wrong_password_closed_account_sound_the_same(office, cast, client, now):
    services.close_account(user=cast.town.person.user, by=FOUNDER, now=now)
    answers = [
        log_in(client, password="wrong-password-1"),
        log_in(client, username="nobody"),
        log_in(client, username="town", password="town-walks-in-2026"),
    ]
    assert all("登录名或密码不对" in answer.content.decode() for answer in answers)
    assert labels(office)[-1] == "登录失败"


def fail(client: Client, times: int):
    for _ in range(times):
        response = log_in(client, password="wrong-password-1")
    return response


def test_after_five_failures_the_door_stays_shut_and_says_until_when(office, client):
    response = fail(client, settings.AXES_FAILURE_LIMIT)
    assert response.status_code == 429
    page = response.content.decode()
    assert "暂时不能登录" in page
    assert "约 15 分钟" in page
    assert log_in(client).status_code == 429, "the right password does not help any more"
    assert "登录失败次数过多，已锁定" in labels(office)


def test_a_lockout_does_not_shut_out_the_owner_elsewhere(office, client):
    fail(client, settings.AXES_FAILURE_LIMIT)
    at_the_office = Client(REMOTE_ADDR="10.0.0.8")
    assert log_in(at_the_office).status_code == 302


def test_a_lockout_ends_by_itself(office, client, settings):
    fail(client, settings.AXES_FAILURE_LIMIT)
    settings.AXES_COOLOFF_TIME = timedelta(0)
    assert log_in(client).status_code == 302


def test_an_administrator_lifts_a_lockout(office, client, now):
    fail(client, settings.AXES_FAILURE_LIMIT)
    services.unlock(user=office, by=FOUNDER, now=now)
    assert log_in(client).status_code == 302


def test_a_new_account_has_a_password_for_once(db, client, now):
    opened = services.open_account(username="newcomer", by=FOUNDER, now=now)
    log_in(client, username="newcomer", password=opened.password)
    assert client.get("/me/sessions/")["Location"] == reverse("accounts:password")
    assert client.get("/me/sessions/", headers={"HX-Request": "true"})["HX-Redirect"] == reverse("accounts:password")
    page = client.get(reverse("accounts:password")).content.decode()
    assert "请先设置自己的密码" in page

    client.post(
        reverse("accounts:password"), {"old": opened.password, "new": "chosen-By-me-26", "again": "chosen-By-me-26"}
    )
    opened.user.refresh_from_db()
    assert not opened.user.must_change_password
    assert opened.user.check_password("chosen-By-me-26")
    assert client.session.get("_auth_user_id") == str(opened.user.pk), "and one stays logged in"


@pytest.mark.parametrize(
    ("new", "says"),
    [
        ("Short-1", "密码太短，至少要 10 个字符"),
        ("password12", "这个密码太常见"),
        ("aaaaaaaaaaaaaa", "两类字符"),
        ("my-office-2026", "不能包含登录名"),
        ("安宁-is-my-name-1", "不能包含登录名、姓名"),
        (RIGHT, "不能与现在的密码相同"),
    ],
)
def test_a_poor_password_is_refused_in_chinese(office, client, new, says):
    client.force_login(office, backend="django.contrib.auth.backends.ModelBackend")
    response = client.post(reverse("accounts:password"), {"old": RIGHT, "new": new, "again": new})
    assert says in response.content.decode()
    office.refresh_from_db()
    assert office.check_password(RIGHT)


def test_a_new_password_ends_every_other_login(office, client):
    other = Client()
    log_in(client)
    log_in(other)
    new = "another-Word-2026"
    client.post(reverse("accounts:password"), {"old": RIGHT, "new": new, "again": new})
    assert client.get("/me/password/").status_code == 200
    assert other.get("/me/password/").status_code == 302
    assert office.sessions.count() == 1


def test_a_login_left_idle_is_over(office, client, monkeypatch):
    log_in(client)
    assert client.get("/me/password/").status_code == 200
    later = clock.machine_now() + timedelta(minutes=settings.ZHIBEN_IDLE_MINUTES, seconds=1)
    monkeypatch.setattr(clock, "machine_now", lambda: later)
    assert client.get("/me/password/").status_code == 302


def test_one_s_own_logins_can_be_seen_and_ended(office, client):
    log_in(client)
    phone = Client(headers={"User-Agent": "Mozilla/5.0 (Linux; Android 14) Chrome/130.0"})
    log_in(phone)
    away = office.sessions.get(device="安卓手机 上的 Chrome")
    client.post(reverse("accounts:end_session", args=[away.pk]))
    assert phone.get("/me/password/").status_code == 302
    assert client.get("/me/password/").status_code == 200


def test_nobody_ends_another_s_login(office, cast, client):
    log_in(client)
    session = office.sessions.get()
    assert cast.client("town").post(reverse("accounts:end_session", args=[session.pk])).status_code == 404


def test_logging_out_takes_a_click_not_a_link(office, client):
    log_in(client)
    assert client.get("/logout/").status_code == 405
    client.post("/logout/")
    assert client.get("/me/password/").status_code == 302
    assert labels(office)[-1] == "退出一处登录"


def test_a_reset_gives_a_password_once_and_ends_all_logins(office, client, now):
    log_in(client)
    password = services.reset_password(user=office, by=FOUNDER, now=now)
    assert client.get("/me/password/").status_code == 302
    assert log_in(client, password=password).status_code == 302
    office.refresh_from_db()
    assert office.must_change_password


def test_no_two_accounts_differ_by_case_only(office, now):
    with pytest.raises(Refused, match="已被使用"):
        services.open_account(username="OFFICE", by=FOUNDER, now=now)


def test_one_time_passwords_are_not_guessed_and_not_misread():
    passwords = {one_time_password() for _ in range(100)}
    assert len(passwords) == 100
    assert not set("".join(passwords)) & set("0O1lI")


def test_passwords_rest_under_argon2():
    from zhiben.config import settings as product

    assert product.PASSWORD_HASHERS[0] == "django.contrib.auth.hashers.Argon2PasswordHasher"


class TestAListOfPeopleWhoHaveNeverLoggedIn:
    @pytest.fixture
    def newcomers(self, db, now):
        return services.open_accounts(usernames=["lin.xi", "he.chuan"], by=FOUNDER, now=now)

    def test_nobody_logs_in_before_the_list_of_passwords_is_made(self, newcomers, client):
        assert not any(user.has_usable_password() for user in newcomers)
        assert log_in(client, password="", username="lin.xi").status_code != 302
        assert labels(newcomers[0]) == ["开设账号", "登录失败"]

    def test_a_one_time_password_opens_the_door_and_gives_way_to_argon2(self, newcomers, client, now, settings):
        opened = services.issue_first_passwords(users=newcomers, by=FOUNDER, now=now)
        assert [each.user.username for each in opened] == ["lin.xi", "he.chuan"]
        user = User.objects.get(username="lin.xi")
        assert user.password.startswith("one_time_pbkdf2_sha256$")
        assert log_in(client, password=opened[0].password, username="lin.xi").status_code == 302
        user.refresh_from_db()
        assert not user.password.startswith("one_time")
        assert user.must_change_password
        assert labels(user) == ["开设账号", "发放首次登录密码", "登录"]

    def test_made_anew_it_replaces_the_one_before_but_not_of_those_who_came(self, newcomers, client, now):
        first, other = services.issue_first_passwords(users=newcomers, by=FOUNDER, now=now)
        log_in(client, password=first.password, username="lin.xi")
        [again] = services.issue_first_passwords(users=newcomers, by=FOUNDER, now=now)
        assert again.user.username == "he.chuan"
        assert again.password != other.password
        assert log_in(Client(), password=other.password, username="he.chuan").status_code != 302

    def test_a_taken_name_opens_none_of_them(self, newcomers, now):
        with pytest.raises(Refused, match=r"登录名“HE.Chuan”已被使用"):
            services.open_accounts(usernames=["another", "HE.Chuan"], by=FOUNDER, now=now)
        assert not User.objects.filter(username="another").exists()
        [first, second, third] = services.account_refusals(["new", "New", "with space"])
        assert first is None
        assert "已被使用" in second.sentence
        assert "不含空格" in third.sentence
