"""Where people say how they want to be reached, and where the administrator sees whether they are."""

import pytest

from zhiben.core.notify.kinds import Kind, Medium, Timing
from zhiben.core.notify.models import Contact, Habits, Outgoing, Preference, Robot, Stage
from zhiben.core.notify.services import tell
from zhiben.core.web.testing import check_page

pytestmark = pytest.mark.django_db

SETTINGS, CHANNELS = "/me/notices/", "/channels/"
USUAL = {"quiet_from": "21:00", "quiet_to": "07:30", "digest_at": "08:00", "only_working_days": "on"}
ROBOT = {
    "kind": "dingtalk", "name": "政府工作群", "address": "https://127.0.0.1/robot?access_token=top-secret",
    "secret": "SEC-very-secret", "message_kinds": ["overdue"], "timing": "digest",
}  # fmt: skip


@pytest.fixture(autouse=True)
def doors(settings):
    settings.ZHIBEN_OUTBOUND_HOSTS = ["127.0.0.1"]
    settings.ZHIBEN_SMTP_URL, settings.ZHIBEN_MAIL_FROM = "smtp://127.0.0.1:1", "zhiben@example.gov.cn"


def choices(**others: str) -> dict[str, str]:
    usual = {"overdue": "at_once", "reminder": "digest", "arrival": "digest", "news": "digest", "system": "at_once"}
    return {f"mail_{kind}": others.get(kind, timing) for kind, timing in usual.items()} | USUAL


def test_settings_are_saved_and_only_what_differs_is_kept(cast):
    client = cast.client("office")
    page = client.get(SETTINGS).content.decode()
    assert "什么消息，什么时候发" in page
    assert "短信" not in page, "what this installation does not have is not offered"
    assert client.post(SETTINGS, choices(news="never") | {"digest_at": "17:30"}).status_code == 302
    (kept,) = Preference.objects.values_list("kind", "medium", "timing")
    assert kept == (Kind.NEWS, Medium.MAIL, Timing.NEVER)
    assert str(Habits.objects.get(person=cast.office.person).digest_at) == "17:30:00"


def test_what_cannot_be_is_said_beside_the_field_and_what_was_typed_is_kept(cast):
    client = cast.client("office")
    answer = client.post(SETTINGS, choices() | {"digest_at": "22:00"})
    assert answer.status_code == 422
    assert "汇总时间在免打扰时段里" in answer.content.decode()
    assert 'value="22:00"' in answer.content.decode()
    assert client.post(SETTINGS, choices(news="whenever")).status_code == 422
    answer = client.post(f"{SETTINGS}address/", {"address": "li@example"})
    assert answer.status_code == 422
    assert 'value="li@example"' in answer.content.decode()


def test_an_address_is_proved_on_the_same_page(cast, now):
    client = cast.client("office")
    assert client.post(f"{SETTINGS}address/", {"address": "li@example.gov.cn"}).status_code == 302
    assert "验证码已发往 li@example.gov.cn" in client.get(SETTINGS).content.decode()
    code = Outgoing.objects.get(person=cast.office.person, cause__startswith="code:").body[4:10]
    assert client.post(f"{SETTINGS}address/code/", {"code": "12"}).status_code == 422
    assert client.post(f"{SETTINGS}address/code/", {"code": code}).status_code == 302
    assert Contact.objects.get().verified_at
    assert client.post(f"{SETTINGS}try/mail/").status_code == 302
    assert Outgoing.objects.filter(cause__startswith="test:").count() == 1
    assert client.post(f"{SETTINGS}try/pigeon/").status_code == 404
    assert client.post(f"{SETTINGS}address/forget/").status_code == 302
    assert not Contact.objects.exists()


def test_only_the_keeper_of_the_system_sees_the_channels(cast):
    check_page(cast, CHANNELS, insider="system_administrator")
    check_page(cast, f"{CHANNELS}robots/new/", insider="system_administrator")
    for member in ("chief", "security_administrator", "audit_administrator"):
        assert cast.client(member).get(CHANNELS).status_code == 404


def test_a_robots_secrets_go_in_and_never_come_out(cast, now):
    client = cast.client("system_administrator")
    unit = str(cast.system_administrator.unit.pk)
    assert client.post(f"{CHANNELS}robots/new/", ROBOT | {"unit": unit, "message_kinds": []}).status_code == 422
    assert client.post(f"{CHANNELS}robots/new/", ROBOT | {"unit": unit}).status_code == 302
    robot = Robot.objects.get()
    before = robot.sealed_address
    check_page(cast, f"{CHANNELS}robots/{robot.pk}/", insider="system_administrator")
    shown = client.get(CHANNELS).content.decode() + client.get(f"{CHANNELS}robots/{robot.pk}/").content.decode()
    assert "政府工作群" in shown
    changed = ROBOT | {"name": "新群名", "address": "", "secret": "", "is_active": "on"}
    assert client.post(f"{CHANNELS}robots/{robot.pk}/", changed).status_code == 302
    robot.refresh_from_db()
    assert (robot.name, robot.sealed_address) == ("新群名", before), "what was left empty stays"
    assert client.post(f"{CHANNELS}robots/{robot.pk}/try/").status_code == 302
    assert Outgoing.objects.get(robot=robot).stage == Stage.WAITING
    wrong = client.post(f"{CHANNELS}robots/{robot.pk}/", changed | {"address": "ftp://example.cn/x"})
    shown += wrong.content.decode()
    assert wrong.status_code == 422
    assert "top-secret" not in shown
    assert "very-secret" not in shown
    assert client.post(f"{CHANNELS}robots/{robot.pk}/remove/").status_code == 302
    assert not Robot.objects.exists()


def test_a_robot_of_another_region_is_not_ours(cast, now):
    client = cast.client("system_administrator")
    outside = ROBOT | {"unit": str(cast.outsider.unit.pk)}
    assert client.post(f"{CHANNELS}robots/new/", outside).status_code == 422
    robot = Robot.objects.create(unit=cast.outsider.unit, kind="wecom", name="外县群", sealed_address="x")
    for view in ("", "try/", "remove/"):
        assert client.post(f"{CHANNELS}robots/{robot.pk}/{view}", ROBOT).status_code == 404
    assert "外县群" not in client.get(CHANNELS).content.decode()


def test_the_keeper_sees_why_a_letter_is_stuck_and_not_what_it_says(cast, now, has_proved_mail):
    tell(people=[cast.chief.person.pk], title="逾期：机密标题", key="late:1", now=now)
    Outgoing.objects.update(stage=Stage.PARKED, note="邮件服务器退回（550 no such box）", finished_at=now)
    client = cast.client("system_administrator")
    page = client.get(CHANNELS).content.decode()
    assert "550 no such box" in page
    assert "机密标题" not in page
    pk = Outgoing.objects.get().pk
    assert cast.client("outsider").post(f"{CHANNELS}again/", {"letter": pk}).status_code == 404
    client.post(f"{CHANNELS}again/", {"letter": "parked"})
    assert Outgoing.objects.get().stage == Stage.WAITING
    Outgoing.objects.update(stage=Stage.UNSURE)
    client.post(f"{CHANNELS}again/", {"letter": "parked"})
    assert Outgoing.objects.get().stage == Stage.UNSURE, "what may have arrived is sent again one by one only"
    client.post(f"{CHANNELS}again/", {"letter": pk, "verb": "give_up"})
    assert Outgoing.objects.get().stage == Stage.DROPPED


@pytest.fixture
def has_proved_mail(cast, now):
    return Contact.objects.create(
        person=cast.chief.person, medium=Medium.MAIL, address="c@example.gov.cn", verified_at=now
    )  # fmt: skip


def test_a_link_in_a_group_leads_to_the_record_which_decides_who_sees_it(cast):
    client = cast.client("office")
    answer = client.get("/notices/tasks.task/0b6f2c1e-0000-4000-8000-000000000000/")
    assert (answer.status_code, answer["Location"]) == (302, "/tasks/0b6f2c1e-0000-4000-8000-000000000000/")
    assert client.get("/notices/no.such/1/").status_code == 404
    assert client.get("/notices/tasks.task/not-a-key/").status_code == 404
