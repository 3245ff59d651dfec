"""What the security administrator is asked for a token. Whether it may be so, the service decides."""

from typing import Any

from django import forms

from zhiben.core.org.models import Post
from zhiben.core.web.organisation.pickers import Picked

from .scopes import known_scopes
from .tokens import LONGEST_DAYS, MOST_A_MINUTE, USUAL_A_MINUTE


def resolve_post(name: str) -> Post | None:
    """The one post whose holder bears exactly this name."""
    found = list(Post.objects.filter(person__name=name, valid_to=None)[:2])
    return found[0] if len(found) == 1 else None


class TokenForm(forms.Form):
    name = forms.CharField(
        label="用途",
        max_length=32,
        help_text="哪个系统用、做什么，例如“市数据平台取任务”。会写进留痕。",
        error_messages={"required": "请填写用途。"},
    )
    post = Picked(
        Post,
        "api:posts",
        resolve_post,
        label="岗位",
        help_text="令牌以这个岗位的名义读取和办理，权限不超过它；离任后令牌自动失效。输入姓名查找。",
        error_messages={"required": "请选择岗位：输入姓名，从列出的岗位中选。"},
    )
    scopes = forms.MultipleChoiceField(
        label="权限范围",
        widget=forms.CheckboxSelectMultiple({"class": "choices"}),
        help_text="只选确实要用的。",
        error_messages={"required": "请至少选择一项权限范围。"},
    )
    days = forms.IntegerField(
        label="有效期（天）", min_value=1, max_value=LONGEST_DAYS, initial=180, help_text="最长一年，到期前请重新发放。"
    )
    networks = forms.CharField(
        label="只允许从这些网络使用",
        required=False,
        widget=forms.Textarea({"rows": 2}),
        help_text="一行一个，例如 10.1.2.0/24；不填则不限制。",
    )
    per_minute = forms.IntegerField(
        label="每分钟最多请求次数", min_value=1, max_value=MOST_A_MINUTE, initial=USUAL_A_MINUTE
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(each.key, f"{each.label}（{each.key}）") for each in known_scopes().values()]
        self.fields["scopes"].choices = choices  # type: ignore[attr-defined]

    def clean_networks(self) -> list[str]:
        return [line.strip() for line in self.cleaned_data["networks"].splitlines() if line.strip()]
