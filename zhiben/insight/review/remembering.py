"""A month that is over is not reconstructed twice, as long as the trail says that nothing has changed.

A figure opened from a page asks for the same ledger as the page. It is kept in the memory of the process, under
everything it follows from: whose work, which period, and how far the trail of tasks and of the organisation has come,
which every change of either moves on. The past is never taken for granted: a late line about it makes it new.
"""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock

from django.db.models import Q

from zhiben.core.audit.models import AuditLine

from .ledgers import Ledgers, Reach
from .months import Period

_MOST = 6
_MOST_ROWS = 30_000
"""Tasks read one by one; a ledger with more of them is not kept, for it would take too much memory."""
_LATE = 5_000
"""Lines before the newest among which one may still appear: it had its number, and its transaction was open."""
_BEARS = Q(record_type__startswith="tasks.") | Q(record_type__startswith="org.")

_kept: OrderedDict[Hashable, Ledgers] = OrderedDict()
_lock = Lock()


def remembered(reach: Reach, period: Period) -> Ledgers:
    """The trail is looked at before the ledger is read: what is written meanwhile makes it new the next time."""
    if not period.is_over:
        return Ledgers(reach, period)
    key = (reach, period, trail_stands_at())
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    made = Ledgers(reach, period)
    if len(made.rows) <= _MOST_ROWS:
        with _lock:
            _kept[key] = made
            while len(_kept) > _MOST:
                _kept.popitem(last=False)
    return made


def trail_stands_at() -> Hashable:
    """Differs when any line that bears on a review has been written, in whatever order they become visible."""
    lines = AuditLine.objects.filter(_BEARS)
    newest = lines.order_by("-id").values_list("id", "digest").first()
    return newest and (*newest, lines.filter(id__gt=newest[0] - _LATE).count())


def forget() -> None:
    """For tests: as in a process that has just begun."""
    with _lock:
        _kept.clear()
