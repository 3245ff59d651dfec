"""What people were told, how they want to be reached, and what is on its way out of the house."""

from datetime import time
from typing import Self

from django.db import models
from django.db.models import Q

from zhiben.core.ids import secret_id
from zhiben.core.org.models import Person, Unit

from .kinds import Kind, Medium, RobotKind, Timing


class NotificationQuerySet(models.QuerySet["Notification"]):
    def current(self) -> Self:
        """Those whose cause is still there."""
        return self.filter(obsolete_at=None)

    def unread(self) -> Self:
        return self.filter(read_at=None, obsolete_at=None)


class Notification(models.Model):
    """One message to one person about one record. The same key reaches a person once, however often it is told."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="notifications", verbose_name="收件人")
    kind = models.CharField("类别", max_length=16, choices=Kind.choices, null=True)  # noqa: DJ001 - see below
    """Null only in rows older than the column: adding it rewrote nothing. `kind_of_key` tells what they are."""
    title = models.CharField("标题", max_length=200)
    body = models.TextField("内容", blank=True)
    record_type = models.CharField(max_length=64, blank=True)
    record_id = models.CharField(max_length=36, blank=True)
    reason = models.CharField("为何收到", max_length=200, blank=True)
    created_at = models.DateTimeField("时间")
    read_at = models.DateTimeField("已读时间", null=True)
    obsolete_at = models.DateTimeField("失效时间", null=True)
    """When its cause was gone: the work was done by another, the deadline moved."""
    key = models.CharField(max_length=200)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = "消息"
        ordering = ("-created_at", "-id")
        constraints = [models.UniqueConstraint(fields=("person", "key"), name="notify_told_once")]
        indexes = [
            models.Index(fields=("person", "-created_at", "-id"), name="notify_inbox"),
            models.Index(fields=("person",), condition=Q(read_at=None, obsolete_at=None), name="notify_unread"),
            models.Index(fields=("record_type", "record_id"), name="notify_about_record"),
        ]

    def __str__(self) -> str:
        return self.title


class Contact(models.Model):
    """An address at which a person has proved to be reached. Until a new one is proved, the old one stays in use."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="contacts", verbose_name="人员")
    medium = models.CharField("方式", max_length=8, choices=Medium.choices)
    address = models.CharField("地址", max_length=254, blank=True)
    verified_at = models.DateTimeField("验证时间", null=True)
    pending_address = models.CharField("待验证地址", max_length=254, blank=True)
    code_digest = models.CharField(max_length=64, blank=True)
    code_until = models.DateTimeField(null=True)
    code_tries = models.PositiveSmallIntegerField(default=0)
    asked_at = models.DateTimeField(null=True)
    asked_times = models.PositiveSmallIntegerField(default=0)
    """How many codes were asked for on the day of `asked_at`."""

    class Meta:
        verbose_name = "联系方式"
        constraints = [models.UniqueConstraint(fields=("person", "medium"), name="notify_one_address_a_medium")]


class Preference(models.Model):
    """A choice that differs from what is usual."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", verbose_name="人员")
    kind = models.CharField("类别", max_length=16, choices=Kind.choices)
    medium = models.CharField("方式", max_length=8, choices=Medium.choices)
    timing = models.CharField("何时", max_length=8, choices=Timing.choices)

    class Meta:
        verbose_name = "消息偏好"
        constraints = [models.UniqueConstraint(fields=("person", "kind", "medium"), name="notify_one_choice")]


class Habits(models.Model):
    """When a person wants to be left alone and when they read their digest. Whoever has none keeps the usual ones."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="+", verbose_name="人员")
    quiet_from = models.TimeField("免打扰从", default=time(21, 0))
    quiet_to = models.TimeField("到", default=time(7, 30))
    """Equal to `quiet_from`: no quiet hours."""
    digest_at = models.TimeField("汇总时间", default=time(8, 0))
    only_working_days = models.BooleanField("只在工作日", default=True)
    overdue_breaks_quiet = models.BooleanField("逾期升级不受免打扰限制", default=False)

    class Meta:
        verbose_name = "消息时间"


class Robot(models.Model):
    """A robot in a chat group of a unit. Its address and secret are sealed: never shown again, and of no use to
    whoever reads only the database."""

    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="robots", verbose_name="单位")
    kind = models.CharField("类别", max_length=16, choices=RobotKind.choices)
    name = models.CharField("群名", max_length=64)
    sealed_address = models.TextField(editable=False)
    sealed_secret = models.TextField(editable=False, blank=True)
    message_kinds = models.JSONField("发哪些消息", default=list)
    timing = models.CharField("何时", max_length=8, choices=Timing.choices, default=Timing.DIGEST)
    mentions = models.BooleanField("用手机号提醒收件人", default=False)
    is_active = models.BooleanField("启用", default=True)

    class Meta:
        verbose_name = "群机器人"

    def __str__(self) -> str:
        return f"{self.unit}·{self.name}"

    @property
    def lane(self) -> str:
        return f"{self.kind}:{self.pk}"


class Stage(models.TextChoices):
    WAITING = "waiting", "等待发送"
    CLAIMED = "claimed", "即将发送"
    SENDING = "sending", "正在发送"
    SENT = "sent", "已发出"
    GATHERED = "gathered", "已并入汇总"
    DROPPED = "dropped", "不必再发"
    PARKED = "parked", "没有发出"
    UNSURE = "unsure", "不确定"
    """Our side broke off after the other may have taken it. Never sent again by itself."""


class Outgoing(models.Model):
    """One letter to one person or robot over one channel: about one notification, a digest, or what it says itself."""

    key = models.UUIDField(default=secret_id, unique=True)
    """Names the letter to the world: Message-ID, the request's number at an SMS gateway."""
    lane = models.CharField("通道", max_length=32)
    """Who waits for whom: `mail`, `sms`, `wecom:3`. Each lane has its own rate and its own failures."""
    person = models.ForeignKey(Person, on_delete=models.CASCADE, null=True, related_name="+", verbose_name="收件人")
    robot = models.ForeignKey(Robot, on_delete=models.CASCADE, null=True, related_name="+", verbose_name="机器人")
    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, null=True, related_name="outgoing")
    digest = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="lines")
    cause = models.CharField(max_length=200)
    """The notification's key, `digest:…`, `code:…`, `test:…`: the same cause goes to the same receiver once."""
    kind = models.CharField("类别", max_length=16, choices=Kind.choices)
    is_discreet = models.BooleanField(default=False)
    """About a record of restricted knowledge: outside the house its title is not said."""
    due_on = models.DateField("期限", null=True)
    title = models.CharField(max_length=200, blank=True)
    body = models.TextField(blank=True)
    """`title`: of a letter without a notification; else what a digest says instead of the notification's (`Message.
    lasting_title`). `body`: of a letter without a notification, emptied when it was
    sent: it may hold a code."""
    address = models.CharField(max_length=254, blank=True)
    """Where it goes, if not to the receiver's proved address: a code goes to the address that is to be proved."""
    timing = models.CharField("何时", max_length=8, choices=Timing.choices, default=Timing.AT_ONCE)
    rank = models.PositiveSmallIntegerField("先后", default=0)
    """Lower goes first when a lane has more than it may take (`fanout.RANK_…`)."""
    stage = models.CharField("进展", max_length=8, choices=Stage.choices, default=Stage.WAITING)
    created_at = models.DateTimeField("时间")
    next_at = models.DateTimeField("不早于")
    claimed_at = models.DateTimeField(null=True)
    claim = models.PositiveIntegerField(default=0)
    """Counts claims: a worker that was taken for dead finds that its number is no longer valid."""
    attempts = models.PositiveSmallIntegerField("次数", default=0)
    finished_at = models.DateTimeField("完成", null=True)
    note = models.CharField("说明", max_length=300, blank=True)

    class Meta:
        verbose_name = "外发消息"
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                fields=("lane", "person", "cause"), condition=Q(person__isnull=False), name="notify_sent_person_once"
            ),
            models.UniqueConstraint(
                fields=("lane", "cause"), condition=Q(robot__isnull=False), name="notify_sent_robot_once"
            ),
            models.CheckConstraint(
                condition=Q(person__isnull=False, robot=None) | Q(person=None, robot__isnull=False),
                name="notify_has_one_receiver",
            ),
        ]
        indexes = [
            models.Index(
                fields=("lane", "timing", "next_at", "id"),
                condition=Q(stage="waiting"),
                name="notify_outgoing_waiting",
            ),
            models.Index(
                fields=("lane", "timing", "rank", "next_at", "id"),
                condition=Q(stage="waiting"),
                name="notify_outgoing_next",
            ),
            models.Index(
                fields=("claimed_at",), condition=Q(stage__in=["claimed", "sending"]), name="notify_outgoing_claimed"
            ),
            models.Index(fields=("lane", "claimed_at"), name="notify_outgoing_rate"),
            models.Index(
                fields=("lane", "id"), condition=Q(stage__in=["parked", "unsure"]), name="notify_outgoing_stuck"
            ),
            models.Index(fields=("person", "lane", "finished_at"), name="notify_outgoing_of_day"),
        ]


class Lane(models.Model):
    """How a lane does. Its row is locked for the moment of a claim, so that rates hold across all workers."""

    name = models.CharField(max_length=32, unique=True)
    failures = models.PositiveIntegerField("连续失败", default=0)
    """Of the other server as a whole, since it last took anything."""
    closed_until = models.DateTimeField("暂停到", null=True)
    last_sent_at = models.DateTimeField("最近成功", null=True)
    last_failed_at = models.DateTimeField("最近失败", null=True)
    last_failure = models.CharField("失败原因", max_length=300, blank=True)

    class Meta:
        verbose_name = "消息通道"
