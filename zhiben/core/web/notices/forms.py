"""Forms of messages. They only ask; whether a thing may be so is decided by the services."""

from typing import Any

from django import forms

from zhiben.core.notify.kinds import Kind, Medium, RobotKind, Timing
from zhiben.core.notify.models import Habits, Robot
from zhiben.core.web.organisation.pickers import unit_field


def _clock(label: str, **kwargs: Any) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        error_messages={"required": "请填写时间。", "invalid": "请按 08:00 的形式填写时间。"},
        **kwargs,
    )


class SettingsForm(forms.Form):
    """One choice for each kind over each medium that this installation has, and when to be left alone."""

    quiet_from = _clock("免打扰从")
    quiet_to = _clock("免打扰到")
    digest_at = _clock("每天几点发汇总")
    only_working_days = forms.BooleanField(
        label="只在工作日发",
        required=False,
        help_text="节假日和周末的消息，到下一个工作日再发；逾期升级和系统消息除外。",
    )
    overdue_breaks_quiet = forms.BooleanField(label="逾期升级不受免打扰限制，随时发给我", required=False)

    def __init__(self, *args: Any, media: list[Medium], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = media
        for medium in media:
            for kind in Kind:
                self.fields[f"{medium}_{kind}"] = forms.ChoiceField(
                    label=f"{kind.label}：{medium.label}",
                    choices=Timing.choices,
                    widget=forms.Select(attrs={"aria-label": f"{kind.label}：{medium.label}"}),
                    error_messages={"required": "请选择。", "invalid_choice": "请从所列的三项中选择。"},
                )

    @property
    def rows(self) -> list[tuple[Kind, list[tuple[Medium, forms.BoundField]]]]:
        return [(kind, [(medium, self[f"{medium}_{kind}"]) for medium in self.offered]) for kind in Kind]

    @property
    def chosen(self) -> dict[tuple[Medium, Kind], Timing]:
        return {
            (medium, kind): Timing(self.cleaned_data[f"{medium}_{kind}"]) for medium in self.offered for kind in Kind
        }

    @staticmethod
    def known(habits: Habits, choices: dict[tuple[Medium, Kind], Timing]) -> dict[str, Any]:
        names = ("quiet_from", "quiet_to", "digest_at", "only_working_days", "overdue_breaks_quiet")
        return {name: getattr(habits, name) for name in names} | {
            f"{medium}_{kind}": timing for (medium, kind), timing in choices.items()
        }


class AddressForm(forms.Form):
    address = forms.CharField(
        label="邮箱",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
        error_messages={"required": "请填写邮箱。", "max_length": "邮箱地址太长，请核对。"},
    )


class CodeForm(forms.Form):
    code = forms.CharField(
        label="验证码",
        max_length=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
        error_messages={"required": "请填写邮件中的 6 位数字。", "max_length": "验证码是 6 位数字，请核对。"},
    )


class RobotForm(forms.Form):
    """Address and secret go in and never come out: a form with mistakes asks for them again."""

    unit = unit_field("单位", help_text="这个单位的人收到消息时，群里也会看到。")
    kind = forms.ChoiceField(label="类别", choices=RobotKind.choices)
    name = forms.CharField(
        label="群名", max_length=64, help_text="例如：安委办工作群", error_messages={"required": "请填写群名。"}
    )
    address = forms.CharField(
        label="Webhook 地址",
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="在群设置里添加“自定义机器人”后复制。地址里带有口令，保存后不再显示。",
        error_messages={"required": "请填写机器人的 Webhook 地址：在群设置里添加机器人后复制。"},
    )
    secret = forms.CharField(
        label="加签密钥",
        max_length=200,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="钉钉、飞书的机器人在安全设置里选“加签”（签名校验）时填写；企业微信不用填。",
    )
    message_kinds = forms.MultipleChoiceField(
        label="发哪些消息",
        choices=Kind.choices,
        widget=forms.CheckboxSelectMultiple,
        initial=[Kind.OVERDUE, Kind.REMINDER],
        error_messages={"required": "请至少选择一类要发到群里的消息。"},
    )
    timing = forms.ChoiceField(
        label="何时发",
        choices=[(Timing.DIGEST, "每个工作日 8 点汇总成一条"), (Timing.AT_ONCE, "立即（免打扰时段和节假日除外）")],
    )
    mentions = forms.BooleanField(
        label="用手机号提醒收件人",
        required=False,
        help_text="只在立即发送时有效，会把收件人的手机号交给企业微信或钉钉；飞书不支持。",
    )
    is_active = forms.BooleanField(label="启用", required=False, initial=True)

    def __init__(self, *args: Any, robot: Robot | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if robot is None:
            del self.fields["is_active"]
            return
        del self.fields["unit"], self.fields["kind"]
        self.fields["address"].required = False
        self.fields["address"].help_text = "已保存，不再显示。换机器人时才填新的地址，加签密钥也要一起重填。"
        for name in ("name", "message_kinds", "timing", "mentions", "is_active"):
            self.fields[name].initial = getattr(robot, name)
