"""What another system receives: signed, in order, each change at least once, and nothing that its post may not see."""

import base64
import hmac
import http.server
import json
import socket
import threading
from datetime import timedelta
from hashlib import sha256

import pytest
from django.db import connection

from zhiben.core import outbound
from zhiben.core.events.models import OutboxEvent
from zhiben.core.events.since import changes_since, forget_transactions
from zhiben.core.notify.models import Notification
from zhiben.core.outbound import Answer
from zhiben.core.refusal import Refused
from zhiben.core.webhooks import sending, services
from zhiben.core.webhooks.models import Message, Subscription
from zhiben.core.webhooks.upkeep import prune
from zhiben.core.workflow import engine
from zhiben.modules.tasks.models import Duty, Task
from zhiben.modules.tasks.services import Assignment, Order, Origin, dispatch_task

pytestmark = pytest.mark.django_db


class Receiver:
    """Another system: a real HTTP server that answers as `says` tells it, and keeps what it took."""

    def __init__(self) -> None:
        self.says, self.heard, self.retry_after = 200, [], ""
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.heard.append((dict(self.headers), body))
                self.send_response(outer.says)
                if outer.retry_after:
                    self.send_header("Retry-After", outer.retry_after)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *words):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/receive"

    @property
    def names(self) -> list[str]:
        return [json.loads(body)["type"] for _, body in self.heard]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def receiver(settings):
    settings.ZHIBEN_OUTBOUND_HOSTS = ["127.0.0.1"]
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture(autouse=True)
def committed(monkeypatch):
    """A test is one open transaction, and PostgreSQL's readers of the outbox wait for its end: here it counts as over."""

    def since(*words, **more):
        forget_transactions()
        return changes_since(*words, **more)

    for place in (sending, services):
        monkeypatch.setattr(place, "changes_since", since)
    monkeypatch.setattr(sending, "TURN", timedelta(hours=1))  # however slow the machine


@pytest.fixture
def subscribed(cast, receiver, now):
    """The office's data platform is told what the office may see."""
    return services.subscribe(
        name="市数据平台", address=receiver.address, post=cast.office.post, by=cast.security_administrator, now=now
    )


@pytest.fixture
def give(cast, now):
    """The office gives the bureau a task."""

    def dispatch(title="排查燃气管网"):
        shares = [Assignment(cast.bureau_officer.unit, Duty.RESPONSIBLE)]
        due_on = now.date() + timedelta(days=30)
        order = Order(title=title, assignments=shares, due_on=due_on, limit_on=due_on, origin=Origin(type="x", id="1"))
        return dispatch_task(order=order, supervising_unit=cast.office.unit, by=cast.office, now=now)

    return dispatch


def test_changes_arrive_signed_and_in_their_order(cast, subscribed, receiver, give, now):
    task = give()
    engine.fire(task, "accept", by=cast.bureau_officer, now=now)
    assert sending.follow(subscribed.subscription.pk, now) == 2
    assert receiver.names == ["tasks.TaskDispatched", "tasks.TaskAccepted"]
    for headers, body in receiver.heard:
        headers = {name.lower(): value for name, value in headers.items()}
        content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        key = base64.b64decode(subscribed.secret.removeprefix("whsec_"))
        expected = base64.b64encode(hmac.new(key, content, sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{expected}"
    assert json.loads(receiver.heard[0][1])["data"]["record_id"] == str(task.pk)
    assert sending.follow(subscribed.subscription.pk, now) == 0, "nothing doubles"


def test_what_was_before_is_not_sent_and_what_the_post_may_not_see_neither(cast, receiver, give, now):
    give("设立之前的任务")
    subscription = services.subscribe(
        name="企业系统", address=receiver.address, post=cast.plant_officer.post, by=cast.security_administrator, now=now
    ).subscription
    give("住建局的任务")
    assert sending.follow(subscription.pk, now) == 0
    assert receiver.heard == []
    assert Subscription.objects.get().cursor, "and it is not looked at again and again"
    assert sending.due(now) == []


def test_only_the_chosen_changes_are_sent(cast, receiver, give, now):
    subscription = services.subscribe(
        name="办结", address=receiver.address, post=cast.office.post, names=["tasks.TaskAccepted"],
        by=cast.security_administrator, now=now,
    ).subscription  # fmt: skip
    engine.fire(give(), "accept", by=cast.bureau_officer, now=now)
    sending.follow(subscription.pk, now)
    assert receiver.names == ["tasks.TaskAccepted"]


def test_a_receiver_that_fails_is_tried_again_later_and_loses_nothing(subscribed, receiver, give, now):
    pk = subscribed.subscription.pk
    give("一")
    give("二")
    receiver.says = 503
    assert sending.follow(pk, now) == 0
    assert len(receiver.heard) == 1, "those behind it wait"
    assert pk not in sending.due(now + timedelta(seconds=5))
    receiver.says = 200
    assert pk in sending.due(now + timedelta(seconds=11))
    assert sending.follow(pk, now + timedelta(seconds=11)) == 2
    ids = [headers.get("webhook-id") or headers["Webhook-Id"] for headers, _ in receiver.heard]
    assert ids[0] == ids[1] != ids[2], "the same message bears the same id"
    assert Subscription.objects.get().failures == 0


def test_a_receiver_may_ask_for_patience(subscribed, receiver, give, now):
    give()
    receiver.says, receiver.retry_after = 429, "300"
    sending.follow(subscribed.subscription.pk, now)
    assert Subscription.objects.get().next_at == now + timedelta(seconds=300)


def test_after_a_crash_between_answer_and_mark_the_same_message_goes_out_again(
    subscribed, receiver, give, now, monkeypatch
):
    pk = subscribed.subscription.pk
    give()
    monkeypatch.setattr(sending, "_mark", lambda *words: (_ for _ in ()).throw(SystemExit))
    with pytest.raises(SystemExit):
        sending.follow(pk, now)
    monkeypatch.undo()
    assert sending.follow(pk, now) == 1
    first, second = (json.loads(body)["data"]["id"] for _, body in receiver.heard)
    assert first == second


def test_a_worker_killed_while_sending_is_taken_for_dead_after_a_while(subscribed, receiver, give, now):
    pk = subscribed.subscription.pk
    give()
    Subscription.objects.update(held_until=now + timedelta(minutes=20))
    assert sending.follow(pk, now) == 0
    assert sending.follow(pk, now + timedelta(minutes=21)) == 1


def test_after_three_days_of_failures_it_stops_tells_its_maker_and_goes_on_when_resumed(
    cast, subscribed, receiver, give, now
):
    pk, by = subscribed.subscription.pk, cast.security_administrator
    give()
    receiver.says = 500
    for hours in range(0, 80, 8):
        sending.follow(pk, now + timedelta(hours=hours))
    stopped = Subscription.objects.get()
    assert "连续 3 天" in stopped.pause_reason
    assert Notification.objects.filter(person=by.person, title__contains="推送已停止").count() == 1
    assert sending.follow(pk, now + timedelta(days=9)) == 0
    receiver.says = 200
    services.resume(subscription=stopped, by=by, now=now + timedelta(days=9))
    assert sending.follow(pk, now + timedelta(days=9)) == 1


def test_a_receiver_that_wants_no_more_is_not_asked_again(subscribed, receiver, give, now):
    give()
    receiver.says = 410
    sending.follow(subscribed.subscription.pk, now)
    assert "410" in Subscription.objects.get().pause_reason


def test_what_was_sent_can_be_sent_again_under_the_same_ids(cast, subscribed, receiver, give, now):
    pk, by = subscribed.subscription.pk, cast.security_administrator
    give("一")
    sending.follow(pk, now)
    give("二")
    sending.follow(pk, now + timedelta(hours=1))
    assert (
        services.send_again(
            subscription=subscribed.subscription, since=now + timedelta(minutes=30), by=by, now=now + timedelta(hours=2)
        )
        == 1
    )
    assert sending.follow(pk, now + timedelta(hours=2)) == 1
    bodies = [body for _, body in receiver.heard]
    assert bodies[2] == bodies[1] != bodies[0]
    assert prune(now + timedelta(days=1)) == 2


def test_the_outbox_has_moved_on_too_far(cast, subscribed, receiver, give, now):
    pk, by = subscribed.subscription.pk, cast.security_administrator
    give("一")
    sending.follow(pk, now)
    OutboxEvent.objects.all().delete()
    give("二")
    sending.follow(pk, now)
    stopped = Subscription.objects.get()
    assert "保留期" in stopped.pause_reason
    services.resume(subscription=stopped, from_now=True, by=by, now=now)
    give("三")
    sending.follow(pk, now)
    assert json.loads(receiver.heard[-1][1])["data"]["data"]["title"] == "三"


def test_a_post_that_is_left_sends_no_more(cast, subscribed, receiver, give, now):
    give()
    cast.office.post.valid_to = now.date() - timedelta(days=1)
    cast.office.post.save()
    assert sending.follow(subscribed.subscription.pk, now) == 0
    assert "不在任" in Subscription.objects.get().pause_reason


def test_a_new_secret_signs_beside_the_old_one(cast, subscribed, receiver, give, now):
    new = services.renew_secret(subscription=subscribed.subscription, by=cast.security_administrator, now=now)
    assert new != subscribed.secret
    give()
    sending.follow(subscribed.subscription.pk, now)
    headers = {name.lower(): value for name, value in receiver.heard[0][0].items()}
    assert len(headers["webhook-signature"].split()) == 2
    stored = Subscription.objects.get()
    assert new not in (stored.sealed_secret, stored.sealed_old_secret)


def test_when_the_installations_key_was_lost_a_renewed_secret_helps(cast, subscribed, receiver, give, now, settings):
    settings.SECRET_KEY = "another installation's"
    give()
    assert sending.follow(subscribed.subscription.pk, now) == 0
    assert "请重新填写或更换" in Subscription.objects.get().last_error
    services.renew_secret(subscription=subscribed.subscription, by=cast.security_administrator, now=now)
    assert sending.follow(subscribed.subscription.pk, now) == 1


def test_what_the_post_may_no_longer_see_when_it_would_go_out_does_not_go_out(cast, receiver, give, now):
    """Nor when it is sent again."""
    subscription = services.subscribe(
        name="住建局", address=receiver.address, post=cast.bureau_leader.post, by=cast.security_administrator, now=now
    ).subscription
    receiver.says = 503
    first, second = give("先看得到的"), give("一直看得到的")
    sending.follow(subscription.pk, now)
    assert Message.objects.count() == 2
    Task.objects.filter(pk=first.pk).update(
        responsible_unit=cast.office.unit, region_path=cast.outsider.unit.region_path, sector=""
    )
    receiver.says, later = 200, now + timedelta(minutes=5)
    assert sending.follow(subscription.pk, later) == 1
    assert [json.loads(body)["data"]["record_id"] for _, body in receiver.heard[1:]] == [str(second.pk)]
    Task.objects.filter(pk=second.pk).update(
        responsible_unit=cast.office.unit, region_path=cast.outsider.unit.region_path, sector=""
    )
    services.send_again(subscription=subscription, since=now, by=cast.security_administrator, now=later)
    assert sending.follow(subscription.pk, later) == 0
    assert len(receiver.heard) == 2


def test_a_backlog_is_drained_in_bounded_steps(
    cast, subscribed, receiver, give, now, monkeypatch, django_assert_max_num_queries
):
    task, pk = give(), subscribed.subscription.pk
    told = {"record_type": "tasks.task", "record_id": str(task.pk), "at": now, "data": {}}
    OutboxEvent.objects.bulk_create(OutboxEvent(name="tasks.TaskFedBack", **told) for _ in range(230))
    taken, most = [], []

    def takes(address, *, body, headers):
        most.append(Message.objects.filter(sent_at=None).count())
        taken.append(json.loads(body)["data"]["id"])
        return Answer(200, b"")

    monkeypatch.setattr(sending, "post", takes)
    with django_assert_max_num_queries(231 * 5 + 4 * 20):
        assert sending.follow(pk, now) == 231
    assert taken == sorted(set(taken))
    assert max(most) <= sending.BATCH
    assert sending.due(now) == []


def test_a_turn_ends_and_the_next_goes_on_where_it_stopped(subscribed, receiver, give, now, monkeypatch):
    give("一")
    give("二")
    monkeypatch.setattr(sending, "TURN", timedelta(seconds=-1))
    assert (sending.follow(subscribed.subscription.pk, now), receiver.heard) == (0, [])
    monkeypatch.undo()


def test_paused_changed_or_withdrawn_while_sending_counts_from_the_next_message(
    cast, subscribed, receiver, give, now, monkeypatch
):
    by, pk, really_post = cast.security_administrator, subscribed.subscription.pk, sending.post
    for title in "一二三四":
        give(title)

    def meanwhile(do):
        def posts(*words, **more):
            answer = really_post(*words, **more)
            do()
            return answer

        monkeypatch.setattr(sending, "post", posts)
        sending.follow(pk, now)
        return len(receiver.heard)

    subscription = subscribed.subscription
    assert meanwhile(lambda: services.pause(subscription=subscription, reason="检修", by=by, now=now)) == 1
    services.resume(subscription=subscription, by=by, now=now)
    lost = lambda: Subscription.objects.update(held_until=now + timedelta(days=1))  # noqa: E731 - another worker has it
    assert meanwhile(lost) == 2
    assert Subscription.objects.get().held_until == now + timedelta(days=1), "and its hold is not taken away"
    Subscription.objects.update(held_until=None)
    assert meanwhile(lambda: services.resume(subscription=subscription, from_now=True, by=by, now=now)) >= 3
    give("五")
    before = len(receiver.heard)
    assert meanwhile(lambda: services.unsubscribe(subscription=subscription, by=by, now=now)) == before + 1
    assert not Message.objects.exists()


def test_a_new_address_has_three_days_of_its_own(cast, subscribed, receiver, give, now):
    give()
    receiver.says = 500
    sending.follow(subscribed.subscription.pk, now)
    services.change_subscription(
        subscription=subscribed.subscription, address=receiver.address + "/new", names=[],
        by=cast.security_administrator, now=now + timedelta(days=4),
    )  # fmt: skip
    sending.follow(subscribed.subscription.pk, now + timedelta(days=4))
    assert Subscription.objects.get().paused_at is None


def test_a_receiver_that_hangs_is_left_and_asked_again_later(cast, subscribed, give, now, settings, monkeypatch):
    monkeypatch.setattr(outbound.post, "__kwdefaults__", {"seconds": 0.2})
    with socket.create_server(("127.0.0.1", 0)) as dumb:  # takes the call and never says a word
        Subscription.objects.update(address=f"http://127.0.0.1:{dumb.getsockname()[1]}/")
        give()
        assert sending.follow(subscribed.subscription.pk, now) == 0
    stood = Subscription.objects.get()
    assert (stood.failures, stood.held_until, "没有应答" in stood.last_error) == (1, None, True)


@pytest.mark.needs_service("postgresql")
@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_each_change_once_and_in_order(cast, subscribed, receiver, give, now):
    for n in range(12):
        give(f"第{n}件")

    def carry():
        try:
            while len(receiver.heard) < 12:
                sending.follow(subscribed.subscription.pk, now)
        finally:
            connection.close()

    workers = [threading.Thread(target=carry) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    ids = [json.loads(body)["data"]["id"] for _, body in receiver.heard]
    assert len(ids) == 12
    assert ids == sorted(set(ids))


def test_a_rehearsal_of_a_restore_sends_nothing(subscribed, receiver, give, now, settings):
    give()
    settings.ZHIBEN_DRILL = True
    assert sending.due(now) == []


def test_a_test_message_says_what_became_of_it(subscribed, receiver, now):
    assert sending.send_test(subscribed.subscription, now) == "对方已收到。"
    receiver.says = 404
    assert "404" in sending.send_test(subscribed.subscription, now)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"address": "http://169.254.169.254/"}, "address"),
        ({"address": "file:///etc/passwd"}, "address"),
        ({"names": ["tasks.Nothing"]}, "names"),
    ],
)
def test_what_cannot_be_set_up_is_refused(cast, now, changes, field):
    given = {"name": "平台", "address": "https://data.example/x", "post": cast.office.post} | changes
    with pytest.raises(Refused) as refusal:
        services.subscribe(**given, by=cast.security_administrator, now=now)
    assert refusal.value.field == field


def test_posts_of_administrators_and_of_elsewhere_are_refused(cast, now):
    for post in (cast.system_administrator.post, cast.outsider.post):
        with pytest.raises(Refused):
            services.subscribe(
                name="平台", address="https://data.example/x", post=post, by=cast.security_administrator, now=now
            )
    with pytest.raises(Refused):
        services.subscribe(
            name="平台", address="https://data.example/x", post=cast.office.post, by=cast.office, now=now
        )
