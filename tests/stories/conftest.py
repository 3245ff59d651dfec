from collections.abc import Callable
from datetime import datetime

import pytest

from zhiben.core import clock
from zhiben.core.clock import CHINA


class Story:
    """The time of the story: everything that asks the clock gets it."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def on(self, day: str, hour: int = 10) -> datetime:
        """Go on to that day (Beijing time)."""
        self.now = datetime.fromisoformat(day).replace(hour=hour, tzinfo=CHINA)
        return self.now


@pytest.fixture
def story(now: datetime, monkeypatch: pytest.MonkeyPatch) -> Story:
    told = Story(now)
    answer: Callable[[], datetime] = lambda: told.now  # noqa: E731
    monkeypatch.setattr(clock, "now", answer)
    return told
