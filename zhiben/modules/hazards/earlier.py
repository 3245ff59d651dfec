"""The earlier hazards with which a new one is compared: of the same enterprise, or of the same unit where there is no
enterprise, the latest that are open or were closed not long ago.

Who prepares chunk after chunk of a ledger for another to write (`core.set_down`) finds those of the chunks before not in
the database yet. So whatever was read is remembered there, and what is recorded is added to it: each holder has what would
be read if all of it were written."""

import re
from bisect import insort
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from zhiben.core import set_down
from zhiben.core.any_of import AnyOf
from zhiben.core.text.normal import normalised_text

from .models import OPEN_STATUSES, Hazard, LinkKind

MOST_COMPARED = 500
"""Of one enterprise, the latest."""
MOST_READ = 50_000
"""Of all enterprises of a set together: a ledger of a thousand of them compares the latest fifty of each."""
FEWEST_READ = 20
"""Of one enterprise, however many there are."""
COLUMNS = (
    "id", "number", "status", "closed_at", "enterprise_id", "responsible_unit_id", "site_id", "place", "description",
    "criterion_id", "found_on",
)  # fmt: skip
_OPEN = frozenset(OPEN_STATUSES)
_MEMORY = "earlier hazards"
_SILENT = re.compile("[ \t\n，。；：、,.;:()（）“”\"'的了]+")

Holder = tuple[str, int]
"""("enterprise", its key as a number) or ("unit", its key)."""


class Looks(NamedTuple):
    """What is compared."""

    pk: UUID | None
    holder: Holder
    site_id: int | None
    place: str
    words: str
    criterion_id: int | None
    found_on: date
    number: str = ""
    status: str = ""
    closed_at: datetime | None = None
    pictures: tuple[int, ...] = ()


def looks_of(values: Sequence[Any]) -> Looks:
    """Of what stands in COLUMNS."""
    pk, number, status, closed_at, enterprise, unit, site, place, description, criterion, found_on = values
    holder = ("enterprise", enterprise.int) if enterprise else ("unit", unit)
    words = plain_words(description)
    return Looks(pk, holder, site, plain_words(place), words, criterion, found_on, number, status, closed_at)


def kind_of(other: Looks, since: datetime) -> LinkKind | None:
    if other.status in _OPEN:
        return LinkKind.DUPLICATE
    return LinkKind.RECURRENCE if other.closed_at and other.closed_at >= since else None


def earlier_ones(since: Mapping[Holder, datetime], own: set[UUID]) -> Iterator[Looks]:
    """Of each holder those that are open or were closed since then, of the latest so many, oldest first, without the set
    itself; a query for enterprises, one for units."""
    preparing = set_down.ahead()
    memory = _memory(preparing) if preparing else None
    for kind in ("enterprise", "unit"):
        asked = {holder: day for holder, day in since.items() if holder[0] == kind}
        if asked:
            most = min(MOST_COMPARED, max(MOST_READ // len(asked), FEWEST_READ))
            latest = _Latest(kind, min(since.values()), most, own)
            yield from memory.latest(asked, latest) if memory else latest.living(asked)


def remember(recorded: Iterable[Looks]) -> None:
    """Where they are only set down, they are earlier than what the same hand prepares next."""
    if preparing := set_down.ahead():
        _memory(preparing).add(recorded)


class _Latest(NamedTuple):
    """What is read of each holder."""

    kind: str
    earliest: datetime
    most: int
    without: set[UUID]

    def living(self, since: Mapping[Holder, datetime]) -> Iterator[Looks]:
        return (looks for looks in self.of(since) if kind_of(looks, since[looks.holder]))

    def of(self, holders: Collection[Holder]) -> Iterator[Looks]:
        """Oldest first."""
        column = "enterprise_id" if self.kind == "enterprise" else "responsible_unit_id"
        keys: list[Any] = [UUID(int=key) if self.kind == "enterprise" else key for _, key in holders]
        living = Hazard.objects.filter(Q(status__in=OPEN_STATUSES) | Q(closed_at__gte=self.earliest))
        rows = living.exclude(AnyOf(F("pk"), self.without)).filter(AnyOf(F(column), keys))
        rows = rows if self.kind == "enterprise" else rows.filter(enterprise=None)
        return map(looks_of, reversed(self._rows(rows, column, len(keys))))

    def _rows(self, rows: QuerySet, column: str, holders: int) -> list[Any]:
        newest = (F("found_on").desc(), F("id").desc())
        if holders == 1:
            return list(rows.order_by(*newest).values_list(*COLUMNS)[: self.most])
        rank = Window(RowNumber(), partition_by=F(column), order_by=newest)
        return list(rows.annotate(rank=rank).filter(rank__lte=self.most).order_by("rank").values_list(*COLUMNS))


class _Memory:
    """Of every holder that was met, what the database has and what is set down."""

    def __init__(self) -> None:
        self._looks: dict[Holder, list[Looks]] = {}
        """Oldest first."""
        self._reaches: dict[Holder, int] = {}
        """So many of the latest are known for certain."""

    def latest(self, since: Mapping[Holder, datetime], latest: _Latest) -> Iterator[Looks]:
        """As `latest` reads the living; only those are read that were not met yet, or of whom more is wanted now."""
        self._meet([holder for holder in since if self._reaches.get(holder, 0) < latest.most], latest)
        for holder, day in since.items():
            living = [looks for looks in self._looks[holder] if kind_of(looks, day)][-MOST_COMPARED:]
            self._looks[holder] = living
            yield from living[-latest.most :]

    def add(self, recorded: Iterable[Looks]) -> None:
        for looks in recorded:
            insort(self._looks[looks.holder], looks, key=_when)

    def _meet(self, holders: Collection[Holder], latest: _Latest) -> None:
        read: dict[Holder, list[Looks]] = {holder: [] for holder in holders}
        for looks in latest.of(holders) if holders else ():
            read[looks.holder].append(looks)
        for holder, found in read.items():
            self._reaches[holder] = latest.most if len(found) == latest.most else MOST_COMPARED
            known = {looks.pk for looks in found}
            others = [each for each in self._looks.get(holder, ()) if each.pk not in known]
            self._looks[holder] = sorted(found + others, key=_when) if others else found


def _memory(preparing: set_down.Ahead) -> _Memory:
    memory: _Memory = preparing.memory.setdefault(_MEMORY, _Memory())
    return memory


def _when(looks: Looks) -> tuple[date, int]:
    assert looks.pk
    return looks.found_on, looks.pk.int


@lru_cache(20_000)
def plain_words(text: str) -> str:
    """Without what says nothing: punctuation, spaces, 的 and 了."""
    return _SILENT.sub("", normalised_text(text))
