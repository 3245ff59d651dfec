"""What the security administrator is asked for a subscription. Whether it may be so, the service decides."""

from typing import Any

from django import forms

from zhiben.core.api.token_forms import resolve_post
from zhiben.core.events.event import EVENT_TYPES
from zhiben.core.org.models import Post
from zhiben.core.web.organisation.pickers import Picked


class SubscriptionForm(forms.Form):
    name = forms.CharField(
        label="用途",
        max_length=32,
        help_text="推送给哪个系统、做什么，例如“市数据平台同步任务”。",
        error_messages={"required": "请填写用途。"},
    )
    address = forms.CharField(
        label="接收地址",
        max_length=500,
        help_text="对方提供的地址，以 https:// 开头；不要写用户名和密码。",
        error_messages={"required": "请填写对方提供的接收地址。"},
    )
    post = Picked(
        Post,
        "api:posts",
        resolve_post,
        label="岗位",
        help_text="只推送这个岗位看得到的变动；离任后自动停止。输入姓名查找。",
        error_messages={"required": "请选择岗位：输入姓名，从列出的岗位中选。"},
    )
    names = forms.MultipleChoiceField(
        label="推送哪些变动",
        required=False,
        widget=forms.CheckboxSelectMultiple({"class": "choices"}),
        help_text="一个都不选就是全部。",
    )

    def __init__(self, *args: Any, keep_post: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = sorted((name, event.label) for name, event in EVENT_TYPES.items() if event.label)
        self.fields["names"].choices = [(name, f"{label}（{name}）") for name, label in known]  # type: ignore[attr-defined]
        if keep_post:
            del self.fields["name"], self.fields["post"]


class SendAgainForm(forms.Form):
    since = forms.DateTimeField(
        label="从什么时候起",
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={"required": "请填写从什么时候起。", "invalid": "请填写日期和时间，例如 2026-03-10 08:00。"},
    )
