"""How times, spans and numbers are said to people."""

from datetime import date, datetime, timedelta

from zhiben.core.calendar import full_day as full_day
from zhiben.core.clock import CHINA, local_day


def day(value: date, today: date) -> str:
    """
    >>> day(date(2026, 3, 5), date(2026, 1, 1)), day(date(2027, 3, 5), date(2026, 1, 1))
    ('3月5日', '2027年3月5日')
    """
    return f"{value.month}月{value.day}日" if value.year == today.year else full_day(value)


def said_day(text: str) -> str:
    """A day that is kept as text (2026-03-05), in words; what is no day stays as it is.

    >>> said_day("2026-03-05"), said_day("")
    ('2026年3月5日', '')
    """
    try:
        return full_day(date.fromisoformat(text))
    except ValueError:
        return text


def moment(value: datetime) -> str:
    """
    >>> moment(datetime(2026, 3, 5, 9, 30, tzinfo=CHINA))
    '2026年3月5日 09:30'
    """
    local = value.astimezone(CHINA)
    return f"{full_day(local.date())} {local:%H:%M}"


def time_left(due: date, today: date) -> str:
    """
    >>> [time_left(date(2026, 3, n), date(2026, 3, 5)) for n in (3, 5, 6, 8)]
    ['逾期 2 天', '今天到期', '明天到期', '还剩 3 天']
    """
    left = (due - today).days
    if left < 0:
        return f"逾期 {-left} 天"
    return {0: "今天到期", 1: "明天到期"}.get(left, f"还剩 {left} 天")


def ago(then: datetime, now: datetime) -> str:
    """How long something stands: 刚刚, 12 分钟, 5 小时, 3 天."""
    return span(now - then) if now - then >= timedelta(minutes=1) else "刚刚"


def span(length: timedelta) -> str:
    """
    >>> span(timedelta(seconds=40)), span(timedelta(minutes=75)), span(timedelta(days=3, hours=2))
    ('40 秒', '1 小时 15 分钟', '3 天')
    """
    seconds = int(length.total_seconds())
    if seconds < 60:
        return f"{max(seconds, 1)} 秒"
    minutes, hours, days = seconds // 60 % 60, seconds // 3600, seconds // 86400
    if hours == 0:
        return f"{minutes} 分钟"
    if days == 0:
        return f"{hours} 小时 {minutes} 分钟" if minutes else f"{hours} 小时"
    return f"{days} 天"


def is_today(value: datetime, now: datetime) -> bool:
    return local_day(value) == local_day(now)
