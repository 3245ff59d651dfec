"""What a hazard has to do with others: likenesses to decide, what it came back from, what came back, its doubles."""

from dataclasses import dataclass

from zhiben.core.web.pages.at import At
from zhiben.modules.hazards.models import Hazard, HazardLink
from zhiben.modules.hazards.others import OUT_OF_SIGHT, within_sight

SHOWN = 10


@dataclass(frozen=True)
class Relation:
    word: str
    other: Hazard
    opens: bool
    """Whether this post may open the other one: if not, neither its words nor its number are shown."""
    link: HazardLink | None = None

    unknown = OUT_OF_SIGHT

    @property
    def waits(self) -> bool:
        return self.link is not None and self.link.is_confirmed is None


def relations_of(hazard: Hazard, at: At) -> list[Relation]:
    """Undecided likenesses first, then what it came back from or stands beside, then what came after. Five queries.
    A likeness that was confirmed is told once: as what it came back from or doubles."""
    whole = Hazard.objects.select_related("enterprise", "responsible_unit")
    tied = [key for key in (hazard.recurs_from_id, hazard.duplicate_of_id) if key]
    links = list(
        hazard.likenesses.exclude(is_confirmed=False)
        .exclude(is_confirmed=True, earlier__in=tied)
        .select_related("earlier__enterprise", "earlier__responsible_unit")[:SHOWN]
    )
    known = whole.in_bulk(tied)
    found: list[tuple[str, Hazard, HazardLink | None]]
    found = [(link.get_kind_display(), link.earlier, link) for link in links]
    found += [("原隐患", known[key], None) for key in (hazard.recurs_from_id,) if key]
    found += [("已有记录", known[key], None) for key in (hazard.duplicate_of_id,) if key]
    found += [("后来又复发", each, None) for each in whole.filter(recurs_from=hazard)[:SHOWN]]
    found += [("与本条重复", each, None) for each in whole.filter(duplicate_of=hazard)[:SHOWN]]
    seen = within_sight({other.pk for _, other, _ in found}, at.acting)
    relations = [Relation(word, other, other.pk in seen, link) for word, other, link in found]
    return sorted(relations, key=lambda each: not each.waits)
