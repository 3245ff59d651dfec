"""What is recorded already: the same hazard once more, or one so like it that a person has to say."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import connection
from django.db.models import F, Q
from rapidfuzz import fuzz, process

from zhiben.core.any_of import AnyOf
from zhiben.core.batches import in_batches

from .likeness import plain_words
from .models import Hazard, HazardStatus, told_as

SAME, ANOTHER = "same_as", "new"
ALIKE = 85
"""Percent of the words, and of the place: what two people write of one thing on one day."""
OFFERED = 3


BATCH = 5000
_COLUMNS = ("id", "number", "place", "description", "status")


@dataclass(frozen=True)
class One:
    """A recorded hazard, as far as it is compared."""

    key: UUID
    number: str
    place: str
    description: str
    status: str

    @property
    def state(self) -> str:
        return str(HazardStatus(self.status).label)

    @property
    def told(self) -> str:
        return f"{self.number} {told_as(self.place, self.description, 40)}（{self.state}）"


@dataclass
class Recorded:
    """Those that stood recorded when the ledger was brought, of some enterprises on some days; and those that came from
    this very row of a ledger."""

    _ones: dict[tuple[UUID, date], list[One]]
    _same: dict[tuple[UUID, date], dict[str, One]]
    """By all that they say."""
    _by_origin: dict[str, One]

    @classmethod
    def of(
        cls, pairs: Collection[tuple[UUID, date]], *, origin_type: str, origins: Collection[str], before: datetime
    ) -> "Recorded":
        """Two queries, three where there are any. `before`: what came out of a ledger later is like a row only because
        this import made it; what somebody recorded by hand meanwhile is the same only where it says the very same, and is
        proposed as a likeness where it says nearly so."""
        ones: dict[tuple[UUID, date], list[One]] = defaultdict(list)
        same: dict[tuple[UUID, date], dict[str, One]] = defaultdict(dict)
        for enterprise, day, is_earlier, one in _on_these_days(set(pairs), before, origin_type):
            same[enterprise, day].setdefault(plain_words(f"{one.place}：{one.description}"), one)
            if is_earlier and one.status not in (HazardStatus.WITHDRAWN, HazardStatus.DUPLICATE):
                ones[enterprise, day].append(one)
        rows = Hazard.objects.filter(AnyOf(F("origin_id"), origins), origin_type=origin_type).exclude(origin_id="")
        by_origin = {origin: One(*rest) for origin, *rest in rows.order_by().values_list("origin_id", *_COLUMNS)}
        return cls(ones, same, by_origin)

    def of_origin(self, origin: str) -> One | None:
        return self._by_origin.get(origin)

    def like(self, enterprise: UUID, day: date, place: str, description: str) -> tuple[One | None, list[One]]:
        """(the very same, or None; those that may be the same)"""
        if (enterprise, day) not in self._same:
            return None, []
        if one := self._same[enterprise, day].get(plain_words(f"{place}：{description}")):
            return one, []
        ones = self._ones.get((enterprise, day), [])
        if not ones:
            return None, []
        words = [plain_words(one.description) for one in ones]
        near = process.extract(
            plain_words(description), words, scorer=fuzz.ratio, processor=None, score_cutoff=ALIKE, limit=None
        )
        where = plain_words(place)
        alike = [ones[at] for _, _, at in near]
        return None, [one for one in alike if fuzz.ratio(where, plain_words(one.place)) >= ALIKE][:OFFERED]


def _on_these_days(
    pairs: set[tuple[UUID, date]], before: datetime, origin_type: str
) -> Iterator[tuple[UUID, date, bool, One]]:
    """(enterprise, day, whether it was recorded before, what)"""
    if not pairs:
        return
    on_sqlite = connection.vendor == "sqlite"
    table = connection.ops.quote_name(Hazard._meta.db_table)
    values = ", ".join(["(%s, %s)"] * len(pairs))
    asked = [part for key, day in pairs for part in ((key.hex, day.isoformat()) if on_sqlite else (key, day))]
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH wanted (enterprise, day) AS (VALUES {values}) SELECT hazard.id FROM wanted "  # noqa: S608 — placeholders
            f"JOIN {table} hazard ON hazard.enterprise_id = wanted.enterprise AND hazard.found_on = wanted.day",
            asked,
        )
        keys = [UUID(str(key)) for (key,) in cursor.fetchall()]
    for batch in in_batches(keys, BATCH):
        rows = Hazard.objects.filter(Q(reported_at__lte=before) | ~Q(origin_type=origin_type), pk__in=batch).order_by()
        for enterprise, day, at, *rest in rows.values_list("enterprise_id", "found_on", "reported_at", *_COLUMNS):
            yield enterprise, day, at <= before, One(*rest)
