"""The worker carries the letters out: a chore for each channel, so that one that hangs holds up none of the others."""

from datetime import datetime, timedelta

from zhiben.core import clock
from zhiben.core.jobs.loop import chore, stopping

from .delivery import deliver, lanes_of, recover
from .digest import gather
from .models import Outgoing, Stage

KEPT = timedelta(days=90)
_ROUNDS = 1000
"""Enough for any morning; then the chore begins anew, as it does every few seconds."""


def work(channel: str, now: datetime | None = None) -> int:
    """Gather digests and send, lane by lane in turns, until nothing is due. Returns how many letters were claimed."""
    claimed = 0
    lanes = lanes_of(channel)
    for lane in lanes:
        gather(lane, now or clock.now())
    for _ in range(_ROUNDS):
        if stopping.is_set():
            break
        taken = {lane: deliver(lane, now or clock.now()) for lane in lanes}
        claimed += sum(taken.values())
        lanes = [lane for lane, count in taken.items() if count]
        if not lanes:
            break
    return claimed


@chore("send mail", seconds=2)
def send_mail() -> None:
    work("mail")


@chore("send sms", seconds=2)
def send_sms() -> None:
    work("sms")


@chore("send to wecom", seconds=3)
def send_to_wecom() -> None:
    work("wecom")


@chore("send to dingtalk", seconds=3)
def send_to_dingtalk() -> None:
    work("dingtalk")


@chore("send to feishu", seconds=3)
def send_to_feishu() -> None:
    work("feishu")


@chore("recover letters", seconds=60)
def recover_letters() -> None:
    recover(clock.now())


@chore("forget old letters", seconds=3600)
def forget_old_letters() -> None:
    prune(clock.now() - KEPT)


def prune(before: datetime) -> int:
    """Letters that are over. What nobody has decided about stays."""
    over = Outgoing.objects.filter(
        stage__in=(Stage.SENT, Stage.DROPPED, Stage.GATHERED), finished_at__lt=before, created_at__lt=before
    )
    return over.delete()[0]
