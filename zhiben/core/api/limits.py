"""How many requests a minute: counted in the database, so that every process counts the same, but not each time.

A process asks the database for a handful of requests at once and gives them out itself. Never more than the limit is
let through; when several processes serve one token, a few of a minute may be left over unused.
"""

import threading
import time
from dataclasses import dataclass

from django.db import connection

SHARE = 20
"""A handful is a twentieth of the limit."""
_lock = threading.Lock()
_in_hand: dict[str, "Allowance"] = {}
_MOST_KEPT = 10_000


@dataclass
class Allowance:
    """What this process may still give out to a key in this minute."""

    limit: int
    minute: int
    left: int = 0
    taken: int = 0
    """By all processes together, as far as is known here."""
    exhausted: bool = False

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.taken) + self.left

    @property
    def seconds_left(self) -> int:
        return max(1, int((self.minute + 1) * 60 - time.time()))


def take(key: str, limit: int) -> tuple[bool, Allowance]:
    """Take one request of this minute; False when all are gone."""
    minute = int(time.time()) // 60
    with _lock:
        allowance = _in_hand.get(key)
        if allowance is None or allowance.minute != minute or allowance.limit != limit:
            if len(_in_hand) > _MOST_KEPT:
                _in_hand.clear()
            allowance = _in_hand[key] = Allowance(limit, minute)
        if allowance.left:
            allowance.left -= 1
            return True, allowance
        if allowance.exhausted:
            return False, allowance
    wanted = max(1, limit // SHARE)
    count = _count_up(key, minute, wanted)
    granted = max(0, min(wanted, limit - (count - wanted)))
    with _lock:
        allowance.taken = min(limit, count)
        allowance.exhausted = granted < wanted and count >= limit
        if not granted:
            return False, allowance
        allowance.left += granted - 1
    return True, allowance


def _count_up(key: str, minute: int, wanted: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO api_apiuse (key, minute, count) VALUES (%s, %s, %s)
            ON CONFLICT (key, minute) DO UPDATE SET count = api_apiuse.count + excluded.count RETURNING count
            """,
            [key, minute, wanted],
        )
        return int(cursor.fetchone()[0])
