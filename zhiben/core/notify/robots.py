"""Robots in the chat groups of units: who has one, what it says, when."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction

from zhiben.core.access.acting import By
from zhiben.core.audit import services as audit
from zhiben.core.ids import secret_id
from zhiben.core.org.models import Unit
from zhiben.core.outbound import refuse_unless_allowed
from zhiben.core.refusal import Refused
from zhiben.core.sealed import seal

from .fanout import RANK_DIRECT
from .kinds import Kind, RobotKind, Timing
from .models import Lane, Outgoing, Robot, Stage


@transaction.atomic
def add_robot(
    *,
    unit: Unit,
    kind: RobotKind,
    name: str,
    address: str,
    secret: str = "",
    message_kinds: Collection[Kind],
    timing: Timing = Timing.DIGEST,
    mentions: bool = False,
    by: By,
    now: datetime,
) -> Robot:
    _check(address, secret, message_kinds)
    robot = Robot.objects.create(
        unit=unit,
        kind=kind,
        name=name.strip(),
        sealed_address=seal(address.strip()),
        sealed_secret=seal(secret.strip()),
        message_kinds=_in_order(message_kinds),
        timing=timing,
        mentions=mentions,
    )
    _note(robot, "add_robot", "添加群机器人", by, now)
    return robot


@transaction.atomic
def change_robot(
    *,
    robot: Robot,
    name: str,
    message_kinds: Collection[Kind],
    timing: Timing,
    mentions: bool,
    is_active: bool,
    address: str = "",
    secret: str = "",
    by: By,
    now: datetime,
) -> Robot:
    """An address or secret left empty stays as it is: it cannot be shown, so it need not be typed again. A new
    address without a secret is one that has none."""
    _check(address, secret, message_kinds, keeps=True)
    robot.name, robot.timing, robot.mentions, robot.is_active = name.strip(), timing, mentions, is_active
    robot.message_kinds = _in_order(message_kinds)
    if address.strip():
        robot.sealed_address, robot.sealed_secret = seal(address.strip()), ""
    if secret.strip():
        robot.sealed_secret = seal(secret.strip())
    robot.save()
    if not is_active:
        waiting = Outgoing.objects.filter(robot=robot, stage=Stage.WAITING)
        waiting.update(stage=Stage.DROPPED, finished_at=now, note="机器人已停用")
    else:
        Lane.objects.filter(name=robot.lane).update(failures=0, closed_until=None)
    _note(robot, "change_robot", "修改群机器人", by, now)
    return robot


@transaction.atomic
def remove_robot(*, robot: Robot, by: By, now: datetime) -> None:
    _note(robot, "remove_robot", "删除群机器人", by, now)
    Lane.objects.filter(name=robot.lane).delete()
    robot.delete()


def try_robot(*, robot: Robot, now: datetime) -> Outgoing:
    """A message to the group, at once, to see that it arrives."""
    if not robot.is_active:
        raise Refused("这个机器人已停用，请先启用再试发。")
    return Outgoing.objects.create(
        lane=robot.lane,
        robot=robot,
        cause=f"test:{secret_id()}",
        kind=Kind.SYSTEM,
        rank=RANK_DIRECT,
        title="这是一条试发的消息",
        created_at=now,
        next_at=now,
    )


def _check(address: str, secret: str, kinds: Collection[Kind], *, keeps: bool = False) -> None:
    address = address.strip()
    if not address and not keeps:
        raise Refused("请填写机器人的 Webhook 地址：在群设置里添加机器人后复制。", "address")
    if address:
        if any(character.isspace() for character in address + secret.strip()):
            raise Refused("地址和加签密钥中不能有空格或换行，请重新复制。", "address")
        if urlsplit(address).scheme != "https" and urlsplit(address).hostname not in ("127.0.0.1", "localhost"):
            raise Refused("机器人的地址应以 https:// 开头，请从群设置里重新复制。", "address")
        refuse_unless_allowed(address)
    if not kinds:
        raise Refused("请至少选择一类要发到群里的消息。", "message_kinds")


def _in_order(kinds: Collection[Kind]) -> list[str]:
    return [kind.value for kind in Kind if kind in kinds]


def _note(robot: Robot, verb: str, label: str, by: By, now: datetime) -> None:
    """Neither address nor secret."""
    data: dict[str, Any] = {
        "unit": str(robot.unit), "robot": robot.name, "kind": robot.kind, "message_kinds": robot.message_kinds,
        "timing": robot.timing, "mentions": robot.mentions, "is_active": robot.is_active,
    }  # fmt: skip
    audit.append(
        record_type="notify.robot", record_id=str(robot.pk), kind="edit", verb=verb, label=label, by=by, now=now, data=data
    )  # fmt: skip
