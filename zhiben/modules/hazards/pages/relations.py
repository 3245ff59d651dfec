"""What a hazard has to do with others: likenesses to decide, what it came back from, what came back, its doubles."""

from dataclasses import dataclass
from uuid import UUID

from zhiben.core.web.pages.at import At
from zhiben.modules.hazards.models import Hazard, HazardLink

SHOWN = 10


@dataclass(frozen=True)
class Relation:
    word: str
    other: Hazard
    opens: bool
    """Whether this post may open the other one."""
    link: HazardLink | None = None

    @property
    def waits(self) -> bool:
        return self.link is not None and self.link.is_confirmed is None


def relations_of(hazard: Hazard, at: At) -> list[Relation]:
    """Undecided likenesses first. Three queries."""
    around = ("earlier__enterprise", "earlier__responsible_unit")
    links = list(hazard.likenesses.exclude(is_confirmed=False).select_related(*around)[:SHOWN])
    others = list(Hazard.objects.filter(recurs_from=hazard).select_related("enterprise", "responsible_unit")[:SHOWN])
    doubles = list(Hazard.objects.filter(duplicate_of=hazard).select_related("enterprise", "responsible_unit")[:SHOWN])
    keys = {each.earlier_id for each in links} | {each.pk for each in (*others, *doubles)}
    if not keys:
        return []
    seen: set[UUID] = set(Hazard.objects.visible_to(at.acting).filter(pk__in=keys).values_list("pk", flat=True))
    found = [Relation(link.get_kind_display(), link.earlier, link.earlier_id in seen, link) for link in links]
    found += [Relation("后来又复发", each, each.pk in seen) for each in others]
    found += [Relation("与本条重复", each, each.pk in seen) for each in doubles]
    return sorted(found, key=lambda each: not each.waits)
