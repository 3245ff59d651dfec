"""One thing that was looked at, and what to do about it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warn", "bad"]


@dataclass(frozen=True)
class Finding:
    """`bad`: the system does not work, or not safely, until it is mended. `warn`: it works, and somebody should know."""

    state: State
    subject: str
    said: str
    to_do: str = ""


Question = Callable[[], Iterable[Finding]]


def ok(subject: str, said: str) -> Finding:
    return Finding("ok", subject, said)


def warn(subject: str, said: str, to_do: str) -> Finding:
    return Finding("warn", subject, said, to_do)


def bad(subject: str, said: str, to_do: str) -> Finding:
    return Finding("bad", subject, said, to_do)
