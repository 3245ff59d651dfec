"""What a message is about, and when a kind of message leaves the house unless its reader decides otherwise.

In the application everything is shown at once and always. Outside it, whatever can wait until the morning waits for
the digest: a department head gets one letter at eight, not forty messages.
"""

from django.db import models


class Kind(models.TextChoices):
    """In the order in which a digest lists them."""

    OVERDUE = "overdue", "逾期升级"
    REMINDER = "reminder", "到期提醒"
    ARRIVAL = "arrival", "待办到达"
    NEWS = "news", "办理知会"
    SYSTEM = "system", "系统消息"


class Timing(models.TextChoices):
    AT_ONCE = "at_once", "立即"
    DIGEST = "digest", "汇总"
    NEVER = "never", "不发"


class Medium(models.TextChoices):
    """A way to reach one person outside the application."""

    MAIL = "mail", "邮件"
    SMS = "sms", "短信"


class RobotKind(models.TextChoices):
    """A robot that speaks in a chat group of a unit."""

    WECOM = "wecom", "企业微信群机器人"
    DINGTALK = "dingtalk", "钉钉群机器人"
    FEISHU = "feishu", "飞书群机器人"


URGENT = frozenset({Kind.OVERDUE, Kind.SYSTEM})
"""Sent on free days, too. Quiet hours hold even for these; a reader may let escalations through (`Habits`)."""

_BY_PREFIX = {"arrival": Kind.ARRIVAL, "remind": Kind.REMINDER, "late": Kind.OVERDUE, "system": Kind.SYSTEM}

_USUAL: dict[Medium, dict[Kind, Timing]] = {
    Medium.MAIL: {
        Kind.OVERDUE: Timing.AT_ONCE,
        Kind.REMINDER: Timing.DIGEST,
        Kind.ARRIVAL: Timing.DIGEST,
        Kind.NEWS: Timing.DIGEST,
        Kind.SYSTEM: Timing.AT_ONCE,
    },
    Medium.SMS: {},
}


def kind_of_key(key: str) -> Kind:
    """
    The kind of a message whose teller did not say: by how its key begins.

    >>> kind_of_key("remind:2026-03-12:3d:tasks.task:7:due"), kind_of_key("step:tasks.task:7:accept:…")
    (Kind.REMINDER, Kind.NEWS)
    """
    return _BY_PREFIX.get(key.partition(":")[0], Kind.NEWS)


def usual_timing(medium: Medium, kind: Kind) -> Timing:
    """What holds for a reader who has chosen nothing. A text message costs money: never, unless asked for."""
    return _USUAL[medium].get(kind, Timing.NEVER)
