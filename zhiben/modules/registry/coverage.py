"""Coverage of duties as counted figures: of the enterprises that owe a duty, how many have evidence that holds today.

A “coverage 100 %” of a plan is here a numerator and a denominator, each of which opens as a list of enterprises."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Substr

from zhiben.core.org.models import Region
from zhiben.core.org.paths import WIDTH, ancestors, within
from zhiben.core.org.sectors import Sector

from .applying import applies_to
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
    """Those with accepted evidence that holds on that day: the numerator."""
    return owing(enterprises, duty).filter(pk__in=_holders(duty, day))


def table(
    *, enterprises: QuerySet[Enterprise], duties: Sequence[Duty], region: Region, by: str, day: date
) -> tuple[list[Column], list[tuple[Duty, Share, list[Share]]]]:
    """The columns, and for each duty the share of all and of each column. `by`: "region" (right below `region`) or
    "sector". One query for all figures."""
    length = len(region.path) + WIDTH
    place = Substr("region_path", 1, length) if by == "region" else F("sector")
    rows = enterprises.filter(within(region.path)).order_by().annotate(place=place)
    counts = {}
    for number, duty in enumerate(duties):
        # each set is read once; asked for enterprise by enterprise, a hundred thousand of them take seconds
        owed = applies_to(duty) & ~Q(pk__in=DutyWaiver.objects.filter(duty=duty).values("enterprise"))
        counts[f"owing_{number}"] = Count("pk", filter=owed)
        counts[f"covered_{number}"] = Count("pk", filter=owed & Q(pk__in=_holders(duty, day)))
    counted: dict[str, Mapping[str, int]] = {}
    for row in rows.values("place").annotate(**counts) if counts else ():
        counted[str(row["place"])] = row  # type: ignore[assignment]  # the names of the figures are known only here
    columns = _columns(region, by, set(counted))
    lines = []
    for number, duty in enumerate(duties):
        parts = {
            key: Share(row.get(f"covered_{number}", 0), row.get(f"owing_{number}", 0), key)
            for key, row in counted.items()
        }
        whole = Share(sum(each.covered for each in parts.values()), sum(each.owing for each in parts.values()))
        lines.append((duty, whole, [parts.get(column.key, Share(0, 0, column.key)) for column in columns]))
    return columns, lines


def _holders(duty: Duty, day: date) -> QuerySet:
    """The enterprises whose evidence holds."""
    holds = Q(valid_until=None) | Q(valid_until__gte=day)
    return DutyEvidence.objects.filter(holds, duty=duty, status=EvidenceStatus.ACCEPTED).values("enterprise")


def _columns(region: Region, by: str, found: set[str]) -> list[Column]:
    if by == "sector":
        labels = dict(Sector.choices)
        return [Column(key, str(labels.get(key, "没有填写行业"))) for key in sorted(found)]
    below = Region.objects.filter(path__in=found - {region.path}).order_by("path")
    own = [Column(region.path, f"{region}直属")] if region.path in found else []
    return own + [Column(each.path, each.name) for each in below]
