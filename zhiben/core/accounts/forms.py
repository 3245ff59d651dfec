"""Forms of logging in and of choosing a password. Every sentence says what to do."""

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.http import HttpRequest

from .models import User


def _text(autocomplete: str, **more: Any) -> dict[str, Any]:
    return {"class": "form-control", "autocomplete": autocomplete, **more}


class LoginForm(forms.Form):
    username = forms.CharField(
        label="登录名",
        max_length=64,
        widget=forms.TextInput(_text("username", autofocus=True, autocapitalize="none")),
        error_messages={"required": "请输入登录名。"},
    )
    password = forms.CharField(
        label="密码",
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(_text("current-password")),
        error_messages={"required": "请输入密码。"},
    )
    user: User | None = None

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.request = request
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            self.user = authenticate(self.request, **cleaned)
            if self.user is None:
                # One sentence for a wrong name, a wrong password and a closed account: it tells a stranger nothing.
                raise forms.ValidationError("登录名或密码不对，请核对大小写后重试。忘记密码请联系系统管理员重置。")
        return cleaned


class PasswordForm(forms.Form):
    """A new password, chosen by its owner."""

    old = forms.CharField(
        label="现在的密码",
        strip=False,
        max_length=256,
        widget=forms.PasswordInput(_text("current-password", autofocus=True)),
        error_messages={"required": "请输入现在的密码。"},
    )
    new = forms.CharField(
        label="新密码",
        strip=False,
        max_length=256,
        widget=forms.PasswordInput(_text("new-password")),
        error_messages={"required": "请输入新密码。"},
    )
    again = forms.CharField(
        label="再输一次新密码",
        strip=False,
        max_length=256,
        widget=forms.PasswordInput(_text("new-password")),
        error_messages={"required": "请再输一次新密码。"},
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)
        self.rules = password_validators_help_texts()

    def clean_old(self) -> str:
        old = self.cleaned_data["old"]
        if not self.user.check_password(old):
            raise forms.ValidationError("现在的密码不对，请重新输入。首次登录请输入发给您的一次性密码。")
        return old

    def clean_new(self) -> str:
        new = self.cleaned_data["new"]
        validate_password(new, self.user)
        return new

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "new" in cleaned and "again" in cleaned and cleaned["new"] != cleaned["again"]:
            self.add_error("again", "两次输入的新密码不一致，请重新输入。")
        return cleaned
