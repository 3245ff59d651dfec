"""重复和复发: which earlier hazards a new one looks like, and why. A method that proposes; a person decides (`linking`).

Compared are the hazards of the same enterprise (of the same unit where there is no enterprise), the latest ones: the
place, the criterion, the words, the pictures. Each says a sentence and weighs something; together they must be enough,
so that "灭火器过期" in another workshop is not the same hazard, and the blocked lane at the same place is. Words alone are
never enough: so only those are looked at whose place, criterion or pictures are alike, each distinct place being compared
once, and the words of many in one call."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter, itemgetter
from typing import NamedTuple

from django.db.models import F
from rapidfuzz import fuzz, process

from zhiben.core import set_down
from zhiben.core.any_of import AnyOf
from zhiben.core.bulk import insert_values
from zhiben.core.files.models import Attachment

from .earlier import COLUMNS, MOST_COMPARED, Holder, Looks, earlier_ones, kind_of, looks_of, plain_words, remember
from .models import Hazard, HazardLink, LinkKind
from .photos import BEFORE
from .pictures import ALIKE, bits_apart, hashes_of
from .policy import policies_of
from .reports import Report

MOST_PROPOSED = 5
ENOUGH = 60
"""Of 150 that place, criterion, words and pictures can weigh together."""
PLACE, CRITERION, PICTURE = 30, 30, 40
WORDS = ((85, 50), (65, 35), (50, 20))
"""(percentage of likeness, weight)"""
SAME_PLACE = 80
_VALUES, _KEPT = attrgetter(*COLUMNS), itemgetter(*COLUMNS)


@dataclass(frozen=True)
class Likeness:
    """`earlier` is only its key, number and status; `score` from ENOUGH to 100."""

    earlier: Hazard
    kind: LinkKind
    score: int
    because: tuple[str, ...]


class _Alike(NamedTuple):
    """As `Likeness`."""

    earlier: Looks
    kind: LinkKind
    score: int
    because: tuple[str, ...]


def alike(subject: Hazard | Report, *, now: datetime, limit: int = MOST_PROPOSED) -> list[Likeness]:
    """Earlier hazards that this one looks like, best first, though nothing may have been recorded of it yet."""
    looks = _of_hazard(subject) if isinstance(subject, Hazard) else _of_report(subject)
    return [
        Likeness(_briefly(found.earlier), found.kind, found.score, found.because)
        for found in _compared([looks], {looks.holder: subject.region_path}, now)[0][:limit]
    ]


def propose_links(hazards: Sequence[Hazard], *, now: datetime) -> None:
    """Keep what each of these, just recorded, looks like; one query for the earlier ones, however many. Those of the
    same set count as earlier in the order given."""
    looks = [looks_of(_KEPT(vars(hazard))) for hazard in hazards]
    paths = {each.holder: hazard.region_path for each, hazard in zip(looks, hazards, strict=True)}
    links = [
        (hazard.pk, found.earlier.pk, found.kind, found.score, found.because, now)
        for hazard, likenesses in zip(hazards, _compared(looks, paths, now), strict=True)
        for found in likenesses[:MOST_PROPOSED]
        if found.earlier.pk != hazard.recurs_from_id
    ]
    remember(looks)
    insert_values(HazardLink, ("hazard_id", "earlier_id", "kind", "score", "because", "found_at"), links)


def _compared(subjects: Sequence[Looks], paths: Mapping[Holder, str], now: datetime) -> list[list[_Alike]]:
    policies = policies_of(paths.values())
    ago = {path: now - timedelta(days=policy.recurrence_days) for path, policy in policies.items()}
    since = {holder: ago[path] for holder, path in paths.items()}
    own = {subject.pk for subject in subjects if subject.pk}
    groups: dict[Holder, _Group] = defaultdict(_Group)
    for looks in earlier_ones(since, own):
        groups[looks.holder].add(looks)
    hashes = _hashes(subjects, groups)
    found = []
    for subject in subjects:
        group = groups[subject.holder]
        mine = hashes.get(str(subject.pk), subject.pictures) if hashes else subject.pictures
        likenesses = _likenesses(subject, group, mine, hashes, since[subject.holder])
        found.append(sorted(likenesses, key=lambda each: -each.score))
        if subject.pk:  # those of the same set count as earlier in the order given
            group.add(subject)
    return found


@dataclass
class _Group:
    """The earlier ones of one enterprise, by what alone makes a likeness possible."""

    looks: list[Looks] = field(default_factory=list)
    by_place: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    by_site: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    by_criterion: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    _alike: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    """Place → (how many places were compared, those like it)"""

    def add(self, looks: Looks) -> None:
        at = len(self.looks)
        self.looks.append(looks)
        self.by_place[looks.place].append(at)
        if looks.site_id:
            self.by_site[looks.site_id].append(at)
        if looks.criterion_id:
            self.by_criterion[looks.criterion_id].append(at)

    def at_places_like(self, place: str) -> Iterator[int]:
        compared, alike = self._alike.get(place, (0, []))
        if compared < len(self.by_place):
            new = list(self.by_place)[compared:]
            alike = alike + [each for each, _, _ in _near(place, new, SAME_PLACE)]
            self._alike[place] = len(self.by_place), alike
        for each in alike:
            yield from self.by_place[each][-MOST_COMPARED:]


def _likenesses(
    subject: Looks, group: _Group, mine: Iterable[int], hashes: Mapping[str, tuple[int, ...]], since: datetime
) -> Iterator[_Alike]:
    weight: dict[int, int] = {}
    because: dict[int, list[str]] = defaultdict(list)

    def weigh(places: Iterable[int], more: int, sentence: str) -> None:
        for at in places:
            weight[at] = weight.get(at, 0) + more
            because[at].append(sentence)

    at_site = group.by_site.get(subject.site_id, [])[-MOST_COMPARED:] if subject.site_id else []
    weigh(at_site, PLACE, "同一场所")
    weigh(set(group.at_places_like(subject.place)).difference(at_site), PLACE, "位置相同或相近")
    if subject.criterion_id:
        weigh(group.by_criterion.get(subject.criterion_id, [])[-MOST_COMPARED:], CRITERION, "判定情形相同")
    for at, apart in _pictured(mine, group, hashes):
        weigh([at], PICTURE, "照片相似" if apart else "照片相同")
    candidates = sorted(weight, reverse=True)[:MOST_COMPARED]
    if not candidates:
        return
    for at, share in _shares(subject, group, candidates, weight):
        percentage, more = next(each for each in WORDS if share >= each[0])
        assert percentage
        weight[at] += more
        because[at].append(f"描述有 {share:.0f}% 相同")
    for at in candidates:
        if weight[at] >= ENOUGH and (kind := kind_of(group.looks[at], since)):
            yield _Alike(group.looks[at], kind, min(weight[at], 100), tuple(because[at]))


def _shares(
    subject: Looks, group: _Group, candidates: Sequence[int], weight: Mapping[int, int]
) -> Iterator[tuple[int, float]]:
    """How like the words are, where that can still matter."""
    strong = [at for at in candidates if weight[at] >= ENOUGH - WORDS[-1][1]]
    weak = [at for at in candidates if weight[at] < ENOUGH - WORDS[-1][1]]
    for some, cutoff in ((strong, WORDS[-1][0]), (weak, WORDS[-2][0])):
        for _, share, place in _near(subject.words, [group.looks[at].words for at in some], cutoff):
            yield some[place], share


def _near(text: str, others: Sequence[str], cutoff: int) -> list[tuple[str, float, int]]:
    if not others:
        return []
    return process.extract(text, others, scorer=fuzz.ratio, processor=None, score_cutoff=cutoff, limit=None)


def _pictured(mine: Iterable[int], group: _Group, hashes: Mapping[str, tuple[int, ...]]) -> Iterator[tuple[int, int]]:
    """(place, bits apart) of those with a picture like one of mine."""
    for at, looks in enumerate(group.looks) if mine else ():
        theirs = hashes.get(str(looks.pk), ())
        apart = min((d for one in mine for two in theirs if (d := bits_apart(one, two)) is not None), default=None)
        if apart is not None and apart <= ALIKE:
            yield at, apart


def _hashes(subjects: Sequence[Looks], earlier: Mapping[Holder, _Group]) -> dict[str, tuple[int, ...]]:
    """The pictures before, of all that are compared; nothing is asked where no new one has any, and what is only set down
    has none yet."""
    new = [str(subject.pk) for subject in subjects if subject.pk and not set_down.ahead()]
    record_type = Hazard._meta.label_lower
    photos = Attachment.objects.filter(record_type=record_type, label=BEFORE)
    mine = list(photos.filter(AnyOf(F("record_id"), new)).values_list("record_id", "file")) if new else []
    if not mine and not any(subject.pictures for subject in subjects):
        return {}
    others = {str(each.pk) for group in earlier.values() for each in group.looks}
    pairs = {*mine, *photos.filter(record_id__in=others).values_list("record_id", "file")}
    kept = hashes_of(file for _, file in pairs)
    looks: dict[str, tuple[int, ...]] = defaultdict(tuple)
    for record_id, file in pairs:
        if file in kept:
            looks[record_id] += (kept[file],)
    return dict(looks)


def _of_hazard(hazard: Hazard) -> Looks:
    return looks_of(_VALUES(hazard))


def _briefly(looks: Looks) -> Hazard:
    return Hazard.from_db(None, ["id", "number", "status"], [looks.pk, looks.number, looks.status])


def _of_report(report: Report) -> Looks:
    return Looks(
        pk=report.id,
        holder=("enterprise", report.enterprise.pk.int) if report.enterprise else ("unit", report.responsible_unit.pk),
        site_id=report.site.pk if report.site else None,
        place=plain_words(report.place),
        words=plain_words(report.description),
        criterion_id=report.criterion.pk if report.criterion else None,
        found_on=report.found_on,
        pictures=tuple(hashes_of(upload.file_id for upload in report.before_photos).values()),
    )
