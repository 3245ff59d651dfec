"""Coverage of duties as counted figures: of the enterprises that owe a duty, how many have evidence that holds today,
or where the duty is to be insured, a policy.

A “coverage 100 %” of a plan is here a numerator and a denominator, each of which opens as a list of enterprises."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Substr

from zhiben.core.org.models import Region
from zhiben.core.org.paths import WIDTH, ancestors, within
from zhiben.core.org.sectors import Sector

from .applying import applies_to
from .insured import INSURANCE, running
from .models.duties import Duty, DutyEvidence, DutyWaiver, EvidenceStatus
from .models.enterprises import Enterprise


@dataclass(frozen=True)
class Share:
    """So many of so many. `key` is the region or sector of the column; empty for all together."""

    covered: int
    owing: int
    key: str = ""

    @property
    def percent(self) -> str:
        """Rounded down, so that 100 % is said only of all."""
        return f"{100 * self.covered // self.owing}%" if self.owing else "—"

    @property
    def is_whole(self) -> bool:
        return self.covered == self.owing


@dataclass(frozen=True)
class Column:
    key: str
    label: str


def duties_in(region: Region) -> QuerySet[Duty]:
    """The duties that hold in this region or somewhere inside it."""
    return Duty.objects.filter(Q(region_path__in=["", *ancestors(region.path)]) | within(region.path), is_retired=False)


def owing(enterprises: QuerySet[Enterprise], duty: Duty) -> QuerySet[Enterprise]:
    """Those of the enterprises that owe the duty: the denominator."""
    rows = enterprises.exclude(pk__in=DutyWaiver.objects.filter(duty=duty).values("enterprise"))
    return rows.filter(applies_to(duty))


def covered(enterprises: QuerySet[Enterprise], duty: Duty, day: date) -> QuerySet[Enterprise]:
    """Those with accepted evidence, or a policy, that holds on that day: the numerator."""
    return owing(enterprises, duty).filter(_held(duty, day))


def table(
    *, enterprises: QuerySet[Enterprise], duties: Sequence[Duty], region: Region, by: str, day: date
) -> tuple[list[Column], list[tuple[Duty, Share, list[Share]]]]:
    """The columns, and for each duty the share of all and of each column. `by`: "region" (right below `region`) or
    "sector". Four queries."""
    length = len(region.path) + WIDTH
    place = Substr("region_path", 1, length) if by == "region" else F("sector")
    rows = enterprises.filter(within(region.path)).order_by().annotate(place=place)
    waived = _waived(rows, duties)
    counts = {}
    for duty in duties:
        counts[f"owing_{duty.pk}"] = Count("pk", filter=applies_to(duty))
    for duty in _with_evidence(duties):
        # each set is read once; asked for enterprise by enterprise, a hundred thousand of them take seconds
        counts[f"covered_{duty.pk}"] = Count("pk", filter=applies_to(duty) & _held(duty, day))
    counted: dict[str, Mapping[str, int]] = {}
    for row in rows.values("place").annotate(**counts) if counts else ():
        counted[str(row["place"])] = row  # type: ignore[assignment]  # the names of the figures are known only here
    columns = _columns(region, by, set(counted))
    lines = []
    for duty in duties:
        parts = {
            key: Share(row.get(f"covered_{duty.pk}", 0), row[f"owing_{duty.pk}"] - waived[duty.pk, key], key)
            for key, row in counted.items()
        }
        whole = Share(sum(each.covered for each in parts.values()), sum(each.owing for each in parts.values()))
        lines.append((duty, whole, [parts.get(column.key, Share(0, 0, column.key)) for column in columns]))
    return columns, lines


def _waived(rows: QuerySet, duties: Sequence[Duty]) -> Counter[tuple[int, str]]:
    """By duty and place, how many owe it by their kind and were found not to."""
    if not duties:
        return Counter()
    owed = (Q(waivers__duty=duty) & applies_to(duty) for duty in duties)
    found = rows.filter(reduce(or_, owed)).values_list("waivers__duty", "place").annotate(Count("pk"))
    return Counter({(duty, place): count for duty, place, count in found})


def _with_evidence(duties: Sequence[Duty]) -> list[Duty]:
    accepted = DutyEvidence.objects.filter(duty=OuterRef("pk"), status=EvidenceStatus.ACCEPTED)
    found = set(Duty.objects.filter(Exists(accepted), pk__in=[each.pk for each in duties]).values_list("pk", flat=True))
    return [each for each in duties if each.pk in found or each.key == INSURANCE]


def _held(duty: Duty, day: date) -> Q:
    """The enterprises whose evidence holds, or whose policy where that is what they owe; without those that need none."""
    holds = Q(valid_until=None) | Q(valid_until__gte=day)
    waived = DutyWaiver.objects.filter(duty=duty).values("enterprise")
    accepted = DutyEvidence.objects.filter(holds, duty=duty, status=EvidenceStatus.ACCEPTED)
    held = Q(pk__in=accepted.exclude(enterprise__in=waived).values("enterprise"))
    if duty.key == INSURANCE:
        held |= Q(pk__in=running(day).exclude(enterprise__in=waived).values("enterprise"))
    return held


def _columns(region: Region, by: str, found: set[str]) -> list[Column]:
    if by == "sector":
        labels = dict(Sector.choices)
        return [Column(key, str(labels.get(key, "没有填写行业"))) for key in sorted(found)]
    below = Region.objects.filter(path__in=found - {region.path}).order_by("path")
    own = [Column(region.path, f"{region}直属")] if region.path in found else []
    return own + [Column(each.path, each.name) for each in below]
