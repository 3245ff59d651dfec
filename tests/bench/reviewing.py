"""The monthly review: the ledger of 100,000 tasks as it stood, beside the bare count of today's rows."""

from datetime import timedelta

from django.db import connection

from zhiben.insight.review import remembering
from zhiben.insight.review.reading import Asked, Review

from . import data
from .figures import percentile, say, timings

ASKED = 5
BARE = "SELECT responsible_unit_id, status, COUNT(*) FROM tasks_task GROUP BY responsible_unit_id, status"


def measure() -> None:
    """Two months are reconstructed from the trail and counted, as the page does; the trail has a line a task."""
    acting = data.acting(data.BUSY_OFFICE)
    now = data.MADE_AT + timedelta(days=30)

    def make(_: object) -> None:
        review = Review(acting, Asked(month="2026-03", perspective="region"), now)
        counts = review.figures.whole
        assert counts["total"] == data.TASKS, counts
        assert review.before is None

    def count(_: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(BARE)
            cursor.fetchall()

    def make_anew(_: object) -> None:
        remembering.forget()
        make(None)

    bare = percentile(timings(count, range(ASKED)), 0.5)
    for name, view in (("first", make_anew), ("again", make)):
        say(
            f"review.month.{name}.{connection.vendor}",
            percentile(timings(view, range(ASKED)), 0.5),
            "ms",
            baseline=bare,
            against="今天的行按单位和状态分组计数的一条 SQL",
        )
