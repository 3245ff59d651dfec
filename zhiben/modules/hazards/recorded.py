"""What is recorded already: the same hazard once more, or one so like it that a person has to say."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from rapidfuzz import fuzz, process

from .likeness import plain_words
from .models import Hazard, HazardStatus

SAME, ANOTHER = "same_as", "new"
ALIKE = 85
"""Percent of the words, and of the place: what two people write of one thing on one day."""
OFFERED = 3


@dataclass(frozen=True)
class One:
    """A recorded hazard, as far as it is compared."""

    key: UUID
    number: str
    place: str
    description: str
    status: str
    reported_at: datetime

    @property
    def state(self) -> str:
        return str(HazardStatus(self.status).label)

    @property
    def told(self) -> str:
        return f"{self.number} {self.place}：{self.description[:40]}（{self.state}）"


@dataclass
class Recorded:
    """Those of some enterprises on some days."""

    before: datetime
    _ones: dict[tuple[UUID, date], list[One]]
    _same: dict[tuple[UUID, date, str], One]

    @classmethod
    def of(cls, wanted: Iterable[tuple[UUID, date]], *, before: datetime) -> "Recorded":
        """One query. `before`: what came in later is like a row only because this import made it."""
        pairs = set(wanted)
        ones: dict[tuple[UUID, date], list[One]] = defaultdict(list)
        same: dict[tuple[UUID, date, str], One] = {}
        if pairs:
            rows = Hazard.objects.filter(
                enterprise__in={key for key, _ in pairs}, found_on__in={day for _, day in pairs}
            ).order_by()
            columns = ("enterprise_id", "found_on", "id", "number", "place", "description", "status", "reported_at")
            for enterprise, day, *rest in rows.values_list(*columns).iterator(chunk_size=5000):
                if (enterprise, day) in pairs:
                    one = One(*rest)
                    same.setdefault((enterprise, day, plain_words(f"{one.place}：{one.description}")), one)
                    if one.reported_at <= before and one.status not in (HazardStatus.WITHDRAWN, HazardStatus.DUPLICATE):
                        ones[enterprise, day].append(one)
        return cls(before, ones, same)

    def like(self, enterprise: UUID, day: date, place: str, description: str) -> tuple[One | None, list[One]]:
        """(the very same, or None; those that may be the same)"""
        if one := self._same.get((enterprise, day, plain_words(f"{place}：{description}"))):
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
