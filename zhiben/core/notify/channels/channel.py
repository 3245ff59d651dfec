"""What a channel is: it takes one letter to one address, or says why not. It knows nothing of people and rows."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Line:
    """One message within a letter."""

    title: str
    link: str = ""
    """Absolute; empty where the installation has not said under which address it is reached."""
    body: str = ""
    reason: str = ""
    """为何收到."""


@dataclass(frozen=True, kw_only=True)
class Group:
    """Lines under one heading of a digest; a single message is one line under no heading."""

    heading: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What is said, before a channel gives it its form."""

    key: str
    """The same for every attempt at the same letter."""
    title: str
    groups: tuple[Group, ...]
    footer: str = ""
    settings_link: str = ""
    """Where the reader chooses what to get."""
    mobiles: tuple[str, ...] = field(default=(), repr=False)
    """Whom a robot is to call by their number."""

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(line for group in self.groups for line in group.lines)


Send = Callable[[str, Letter], None]
"""Takes a letter to an address; returns when the other side has it. Raises TryLater, Undeliverable, OutcomeUnknown."""


class Channel(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def label(self) -> str: ...

    @property
    def per_minute(self) -> int:
        """How many letters a lane of this channel may take in any minute."""

    def is_configured(self) -> bool: ...

    def conversation(self) -> AbstractContextManager[Send]:
        """For the letters of a batch, one after another; a letter that was not taken does not end it."""


class NotSent(Exception):
    """`reason` is Chinese, for the administrator."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason[:300]


class TryLater(NotSent):
    """It was certainly not taken; another time it may be. `after`: seconds, where the other side named them.
    `whole_lane`: nothing else would get through now either, so the lane rests."""

    def __init__(self, reason: str, after: float | None = None, *, whole_lane: bool = False) -> None:
        super().__init__(reason)
        self.after = after
        self.whole_lane = whole_lane


class Undeliverable(NotSent):
    """It was certainly not taken, and never will be as things are."""


class OutcomeUnknown(NotSent):
    """The conversation broke off where the other side may or may not have taken it."""
