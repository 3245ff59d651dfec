"""重复和复发: which earlier hazards a new one looks like, and why. A method that proposes; a person decides (`linking`).

Compared are the hazards of the same enterprise (of the same unit where there is no enterprise), the latest 500: the
place, the criterion, the words, the pictures. Each says a sentence and weighs something; together they must be enough,
so that "灭火器过期" in another workshop is not the same hazard, and the blocked lane at the same place is."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from rapidfuzz import fuzz

from zhiben.core.files.models import Attachment
from zhiben.core.text.normal import normalised_text

from .models import OPEN_STATUSES, Hazard, HazardLink, HazardStatus, LinkKind
from .photos import BEFORE
from .pictures import ALIKE, bits_apart, hashes_of
from .policy import policies_of
from .reporting import Report

MOST_COMPARED = 500
MOST_PROPOSED = 5
ENOUGH = 60
"""Of 150 that place, criterion, words and pictures can weigh together."""
PLACE, CRITERION, PICTURE = 30, 30, 40
WORDS = ((85, 50), (65, 35), (50, 20))
"""(percentage of likeness, weight)"""
SAME_PLACE = 80
PUT_AWAY = (HazardStatus.WITHDRAWN, HazardStatus.DUPLICATE)
_SILENT = str.maketrans("", "", " \t\n，。；：、,.;:()（）“”\"'的了")

Holder = tuple[str, object]
"""("enterprise", its key) or ("unit", its key)."""


@dataclass(frozen=True)
class Likeness:
    """`earlier` is only its key, number and status; `score` from ENOUGH to 100."""

    earlier: Hazard
    kind: LinkKind
    score: int
    because: tuple[str, ...]


@dataclass(frozen=True)
class _Looks:
    """What is compared."""

    pk: UUID | None
    holder: Holder
    site_id: int | None
    place: str
    words: str
    criterion_id: int | None
    pictures: tuple[int, ...] = ()
    hazard: Hazard | None = None


def alike(subject: Hazard | Report, *, now: datetime, limit: int = MOST_PROPOSED) -> list[Likeness]:
    """Earlier hazards that this one looks like, best first, though nothing may have been recorded of it yet."""
    looks = _of_hazard(subject) if isinstance(subject, Hazard) else _of_report(subject)
    path = subject.region_path if isinstance(subject, Hazard) else _region_path(subject)
    return _compared([looks], {looks.holder: path}, now)[0][:limit]


def propose_links(hazards: Sequence[Hazard], *, now: datetime) -> list[HazardLink]:
    """Keep what each of these, just recorded, looks like; one query for the earlier ones, however many. Those of the
    same set count as earlier in the order given."""
    looks = [_of_hazard(hazard) for hazard in hazards]
    paths = {each.holder: hazard.region_path for each, hazard in zip(looks, hazards, strict=True)}
    links = [
        HazardLink(
            hazard=hazard,
            earlier_id=found.earlier.pk,
            kind=found.kind,
            score=found.score,
            because=list(found.because),
            found_at=now,
        )
        for hazard, likenesses in zip(hazards, _compared(looks, paths, now), strict=True)
        for found in likenesses[:MOST_PROPOSED]
        if found.earlier.pk != hazard.recurs_from_id
    ]
    return HazardLink.objects.bulk_create(links, batch_size=MOST_COMPARED, ignore_conflicts=True)


def _compared(subjects: Sequence[_Looks], paths: Mapping[Holder, str], now: datetime) -> list[list[Likeness]]:
    earlier = _earlier(subjects, set(paths))
    hashes = _hashes(subjects, earlier)
    policies = policies_of(paths.values())
    place_of = {subject.pk: place for place, subject in enumerate(subjects) if subject.pk}
    found = []
    for place, subject in enumerate(subjects):
        since = now - timedelta(days=policies[paths[subject.holder]].recurrence_days)
        mine = hashes.get(str(subject.pk), subject.pictures)
        likenesses = [
            likeness
            for other in earlier[subject.holder]
            if other.pk != subject.pk and (other.pk is None or place_of.get(other.pk, -1) < place)
            if (kind := _kind(other, since))
            if (likeness := _likeness(subject, other, kind, mine, hashes.get(str(other.pk), ())))
        ]
        found.append(sorted(likenesses, key=lambda each: -each.score))
    return found


def _earlier(subjects: Sequence[_Looks], holders: set[Holder]) -> dict[Holder, list[_Looks]]:
    """Of each holder the latest, in one query (two where there are enterprises and units)."""
    columns = ("enterprise", "responsible_unit", "site", "place", "description", "criterion", "status", "closed_at")
    kept: dict[Holder, list[_Looks]] = defaultdict(list)
    for kind, column in (("enterprise", "enterprise"), ("unit", "responsible_unit")):
        keys = [key for holder, key in holders if holder == kind]
        if not keys:
            continue
        rows = Hazard.objects.filter(**{f"{column}__in": keys}).exclude(status__in=PUT_AWAY)
        if kind == "unit":
            rows = rows.filter(enterprise=None)
        rows = rows.order_by(column, "-found_on", "-id").only("id", "number", *columns)
        most = MOST_COMPARED if len(keys) == 1 else None
        for hazard in rows[: most + len(subjects) if most else None]:
            looks = _of_hazard(hazard)
            if len(kept[looks.holder]) < MOST_COMPARED + len(subjects):
                kept[looks.holder].append(looks)
    return kept


def _kind(other: _Looks, since: datetime) -> LinkKind | None:
    assert other.hazard is not None
    if other.hazard.status in OPEN_STATUSES:
        return LinkKind.DUPLICATE
    return LinkKind.RECURRENCE if other.hazard.closed_at and other.hazard.closed_at >= since else None


def _likeness(
    subject: _Looks, other: _Looks, kind: LinkKind, mine: Iterable[int], theirs: Iterable[int]
) -> Likeness | None:
    weight = 0
    because: list[str] = []
    if subject.site_id and subject.site_id == other.site_id:
        weight, because = weight + PLACE, [*because, "同一场所"]
    elif fuzz.ratio(subject.place, other.place, score_cutoff=SAME_PLACE):
        weight, because = weight + PLACE, [*because, "位置相同或相近"]
    if subject.criterion_id and subject.criterion_id == other.criterion_id:
        weight, because = weight + CRITERION, [*because, "判定情形相同"]
    share = fuzz.ratio(subject.words, other.words, score_cutoff=WORDS[-1][0])
    for percentage, words_weigh in WORDS:
        if share >= percentage:
            weight, because = weight + words_weigh, [*because, f"描述有 {share:.0f}% 相同"]
            break
    apart = min((d for one in mine for two in theirs if (d := bits_apart(one, two)) is not None), default=None)
    if apart is not None and apart <= ALIKE:
        weight, because = weight + PICTURE, [*because, "照片相似" if apart else "照片相同"]
    if weight < ENOUGH or other.hazard is None:
        return None
    return Likeness(other.hazard, kind, min(weight, 100), tuple(because))


def _hashes(subjects: Sequence[_Looks], earlier: Mapping[Holder, Sequence[_Looks]]) -> dict[str, tuple[int, ...]]:
    """The pictures before, of all that are compared; nothing is asked where no new one has any."""
    new = [str(subject.pk) for subject in subjects if subject.pk]
    record_type = Hazard._meta.label_lower
    photos = Attachment.objects.filter(record_type=record_type, label=BEFORE)
    mine = list(photos.filter(record_id__in=new).values_list("record_id", "file")) if new else []
    if not mine and not any(subject.pictures for subject in subjects):
        return {}
    others = {str(each.pk) for group in earlier.values() for each in group[:MOST_COMPARED]}
    pairs = {*mine, *photos.filter(record_id__in=others).values_list("record_id", "file")}
    kept = hashes_of(file for _, file in pairs)
    looks: dict[str, tuple[int, ...]] = defaultdict(tuple)
    for record_id, file in pairs:
        if file in kept:
            looks[record_id] += (kept[file],)
    return dict(looks)


def _of_hazard(hazard: Hazard) -> _Looks:
    by_enterprise = ("enterprise", hazard.enterprise_id)
    return _Looks(
        pk=hazard.pk,
        holder=by_enterprise if hazard.enterprise_id else ("unit", hazard.responsible_unit_id),
        site_id=hazard.site_id,
        place=plain_words(hazard.place),
        words=plain_words(hazard.description),
        criterion_id=hazard.criterion_id,
        hazard=hazard,
    )


def _of_report(report: Report) -> _Looks:
    return _Looks(
        pk=report.id,
        holder=("enterprise", report.enterprise.pk) if report.enterprise else ("unit", report.responsible_unit.pk),
        site_id=report.site.pk if report.site else None,
        place=plain_words(report.place),
        words=plain_words(report.description),
        criterion_id=report.criterion.pk if report.criterion else None,
        pictures=tuple(hashes_of(upload.file_id for upload in report.before_photos).values()),
    )


def _region_path(report: Report) -> str:
    return report.enterprise.region_path if report.enterprise else report.responsible_unit.region_path


def plain_words(text: str) -> str:
    """Without what says nothing: punctuation, spaces, 的 and 了."""
    return normalised_text(text).translate(_SILENT)
