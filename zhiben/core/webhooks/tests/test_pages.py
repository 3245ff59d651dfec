"""推送: set up, watched and repaired by the security administrator, and by nobody else."""

import pytest
from django.test import Client

from zhiben.core.audit.services import lines_of
from zhiben.core.notify.models import Notification
from zhiben.core.notify.services import tell
from zhiben.core.webhooks import services
from zhiben.core.webhooks.models import Message, Subscription

pytestmark = pytest.mark.django_db
ADDRESS = "https://data.example/receive"


@pytest.fixture
def subscription(cast, now):
    return services.subscribe(
        name="市数据平台", address=ADDRESS, post=cast.office.post, by=cast.security_administrator, now=now
    ).subscription


def test_it_is_set_up_and_the_secret_is_shown_once(cast):
    keeper = cast.client("security_administrator")
    assert "用途" in keeper.get("/webhooks/new/").content.decode()
    asked = {"name": "市数据平台", "address": ADDRESS, "post": cast.office.post.pk, "names": ["tasks.TaskCompleted"]}
    refused = keeper.post("/webhooks/new/", asked | {"address": "data.example"})
    assert refused.status_code == 422
    assert "https://" in refused.content.decode()
    page = keeper.post("/webhooks/new/", asked).content.decode()
    assert "whsec_" in page
    made = Subscription.objects.get()
    shown = keeper.get(made.get_absolute_url()).content.decode()
    assert "任务已办结" in shown
    assert "whsec_" not in shown
    assert [line.verb for line in lines_of("webhooks.subscription", str(made.pk))] == ["subscribe"]


def test_nobody_else_sees_it(cast, subscription):
    for address in (
        "/webhooks/",
        "/webhooks/new/",
        f"/webhooks/{subscription.pk}/",
        f"/webhooks/{subscription.pk}/edit/",
    ):
        assert Client().get(address).status_code == 302
        for key in ("office", "outsider", "system_administrator", "audit_administrator"):
            assert cast.client(key).get(address).status_code == 404
    for verb in ("test", "pause", "resume", "again", "secret", "remove"):
        assert cast.client("office").post(f"/webhooks/{subscription.pk}/{verb}/").status_code == 404
        assert cast.client("security_administrator").get(f"/webhooks/{subscription.pk}/{verb}/").status_code == 405


def test_it_is_stopped_resumed_changed_and_removed(cast, subscription, now):
    keeper, base = cast.client("security_administrator"), f"/webhooks/{subscription.pk}/"
    Message.objects.create(
        subscription=subscription, event_id=1, event_name="tasks.TaskCompleted", body="{}", made_at=now, sent_at=now
    )
    keeper.post(f"{base}pause/")
    assert "已停止" in keeper.get(base).content.decode()
    keeper.post(f"{base}resume/")
    assert Subscription.objects.get().paused_at is None
    keeper.post(f"{base}edit/", {"address": "https://new.example/in", "names": []})
    assert Subscription.objects.get().address == "https://new.example/in"
    answered = keeper.post(f"{base}again/", {"since": "2026-03-01T08:00"}, follow=True)
    assert "1 条将按原来的编号重新推送" in answered.content.decode()
    assert "请填写从什么时候起" in keeper.post(f"{base}again/", {"since": "昨天"}, follow=True).content.decode()
    assert "whsec_" in keeper.post(f"{base}secret/").content.decode()
    keeper.post(f"{base}remove/")
    assert Subscription.objects.exists(), "first say that you are sure"
    keeper.post(f"{base}remove/", {"sure": "1"})
    assert not Subscription.objects.exists()


def test_the_pages_ask_the_database_little(cast, subscription, django_assert_max_num_queries):
    keeper = cast.client("security_administrator")
    for address in ("/webhooks/", f"/webhooks/{subscription.pk}/"):
        with django_assert_max_num_queries(16):
            keeper.get(address)


def test_whoever_is_told_that_it_stopped_comes_to_its_page(cast, subscription, now):
    keeper = cast.security_administrator
    tell(people=[keeper.person.pk], title="推送已停止", record_type="webhooks.subscription",
         record_id=str(subscription.pk), now=now, key="stopped")  # fmt: skip
    notice = Notification.objects.get()
    answered = cast.client("security_administrator").get(f"/inbox/{notice.pk}/")
    assert answered["Location"] == f"/webhooks/{subscription.pk}/"
