"""The one clock. Only the edges (views, commands, the sweeper) read it; the domain is given `now`."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings

CHINA = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """This moment, aware, in UTC; in a demonstration, moved by what the presenter set."""
    return machine_now() + _demonstration_shift()


def machine_now() -> datetime:
    """This moment by the machine, which no demonstration moves: for logins and lockouts, which end in earnest."""
    return datetime.now(UTC)


@lru_cache(256)
def local_day(moment: datetime) -> date:
    """The day on the calendar of the office, which is Beijing time everywhere in the country."""
    return moment.astimezone(CHINA).date()


def move_demonstration(by: timedelta) -> timedelta:
    """Move the clock of a demonstration; returns the whole shift. Refused outside a demonstration."""
    if not settings.ZHIBEN_DEMO:
        raise RuntimeError("只有演示环境可以调整时间")
    shift = _demonstration_shift() + by
    path = settings.ZHIBEN_DATA / "demonstration-clock"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(str(shift.total_seconds()))
    return shift


def _demonstration_shift() -> timedelta:
    if not settings.ZHIBEN_DEMO:
        return timedelta()
    try:
        return timedelta(seconds=float((settings.ZHIBEN_DATA / "demonstration-clock").read_text()))
    except (FileNotFoundError, ValueError):
        return timedelta()
