"""What a password must be, and passwords made for first use.

The rule follows GB/T 22239-2019 (8.1.4.1: 身份鉴别信息具有复杂度要求并定期更换) and is told in Chinese.
"""

import secrets
from typing import Any

from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

ONE_TIME_ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Without the letters and digits that are mistaken for each other on paper: 0 O o, 1 l I i, L."""

KINDS_OF_CHARACTER = (str.islower, str.isupper, str.isdecimal, lambda character: not character.isalnum())


class LongEnough:
    """Django's own check of length has no Chinese sentence for all its cases."""

    def __init__(self, min_length: int = 10) -> None:
        self.min_length = min_length

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) < self.min_length:
            raise ValidationError(f"密码太短，至少要 {self.min_length} 个字符。", code="too_short")

    def get_help_text(self) -> str:
        return f"至少 {self.min_length} 个字符。"


class NotCommon(CommonPasswordValidator):
    """None of the twenty thousand passwords that are tried first."""

    def get_error_message(self) -> str:
        return "这个密码太常见，容易被猜中，请换一个。"

    def get_help_text(self) -> str:
        return "不能是常见密码。"


class EnoughKinds:
    """Two kinds of characters at least: small letters, capitals, digits, signs."""

    def validate(self, password: str, user: Any = None) -> None:
        kinds = sum(any(map(is_kind, password)) for is_kind in KINDS_OF_CHARACTER)
        if kinds < 2:
            raise ValidationError("密码至少要包含两类字符：小写字母、大写字母、数字、符号。", code="one_kind")

    def get_help_text(self) -> str:
        return "至少包含小写字母、大写字母、数字、符号中的两类。"


class NotTheName:
    """Neither the login name nor the person's own name may be part of it."""

    def validate(self, password: str, user: Any = None) -> None:
        person = getattr(user, "person", None)
        names = (getattr(user, "username", ""), getattr(person, "name", ""), getattr(person, "mobile", ""))
        if any(name and len(name) >= 2 and name.casefold() in password.casefold() for name in names):
            raise ValidationError("密码不能包含登录名、姓名或手机号。", code="name_inside")

    def get_help_text(self) -> str:
        return "不能包含登录名、姓名或手机号。"


class NotTheSame:
    """A new password is a new one."""

    def validate(self, password: str, user: Any = None) -> None:
        if user is not None and user.pk and user.has_usable_password() and user.check_password(password):
            raise ValidationError("新密码不能与现在的密码相同。", code="same")

    def get_help_text(self) -> str:
        return "不能与现在的密码相同。"


class OneTimeHasher(PBKDF2PasswordHasher):
    """For one-time passwords only. Argon2 is slow so that a password chosen by a person cannot be guessed; 91 bits by
    chance cannot be guessed anyhow, and a list of hundreds must be made while somebody waits. At the first login Django
    puts Argon2 in its place, and the password itself must be changed."""

    algorithm = "one_time_pbkdf2_sha256"
    iterations = 1000


def hashed_one_time(password: str) -> str:
    """What is kept of a password made by `one_time_password`; never of one that a person has chosen."""
    return make_password(password, hasher=OneTimeHasher.algorithm)


def one_time_password() -> str:
    """Sixteen characters in four groups, easy to read out: about 91 bits by chance."""
    groups = ("".join(secrets.choice(ONE_TIME_ALPHABET) for _ in range(4)) for _ in range(4))
    return "-".join(groups)
