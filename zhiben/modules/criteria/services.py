"""What other modules ask of the criteria, and how the tables follow the catalogue that ships with the program."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from django.db import transaction

from zhiben.core.access.acting import By
from zhiben.core.audit.models import Kind
from zhiben.core.audit.services import append

from .catalogue import Catalogue, Entry, catalogue
from .judging.engine import FAINT, judge
from .judging.judgement import Candidate, Judgement
from .models import Criterion, Edition, Standard

_STANDARD_FIELDS = ("name", "effective_on", "effective_to", "superseded_by", "validity")
_CRITERION_FIELDS = (
    "standard", "sector", "article", "item", "title", "keywords", "note", "verify_level", "source_url", "position",
    "is_retired",
)  # fmt: skip


@dataclass(frozen=True)
class Suggestion:
    """A criterion that may apply, with the reason. A person decides."""

    criterion: Criterion
    candidate: Candidate

    @property
    def is_match(self) -> bool:
        return self.candidate.kind == "match"

    @property
    def is_faint(self) -> bool:
        """A guess rather than a hint: shown folded."""
        return self.candidate.score < FAINT


@dataclass(frozen=True)
class Kept:
    """What keeping the catalogue changed in the tables."""

    added: int
    changed: int
    retired: int

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.retired)


def catalogue_version() -> str:
    return catalogue().version


def candidates_for(
    *, description: str, sector: str, trades: Sequence[str], found_on: date, captions: Sequence[str] = ()
) -> list[Suggestion]:
    """Criteria that may apply to what was found on that day, best first, at most ten. One query."""
    candidates = _judged(description, sector, tuple(trades), found_on, tuple(captions)).candidates
    keys = [candidate.criteria_key for candidate in candidates]
    rows = {row.key: row for row in Criterion.objects.filter(key__in=keys).select_related("standard")} if keys else {}
    return [Suggestion(rows[each.criteria_key], each) for each in candidates if each.criteria_key in rows]


def gaps(
    *, description: str, sector: str, trades: Sequence[str], found_on: date, captions: Sequence[str] = ()
) -> tuple[str, ...]:
    """Sentences on standards whose version of that day is not in the catalogue."""
    return _judged(description, sector, tuple(trades), found_on, tuple(captions)).gaps


@lru_cache(maxsize=256)
def _judged(
    description: str, sector: str, trades: tuple[str, ...], found_on: date, captions: tuple[str, ...]
) -> Judgement:
    """The page asks for candidates and gaps of the same words; they are read once."""
    return judge(description, sector=sector, trades=trades, found_on=found_on, captions=captions)


@transaction.atomic
def keep(*, by: By, now: datetime) -> Kept:
    """Make the tables say what the catalogue of this program says. Nothing is deleted: what is no longer listed is
    retired, because hazards were judged after it. Quick where this version was kept before."""
    listed = catalogue()
    before = Edition.objects.order_by("-pk").first()
    if before is not None and before.version == listed.version:
        return Kept(0, 0, 0)
    standards = _keep_standards(listed)
    kept = _keep_criteria(listed, standards)
    Edition.objects.create(version=listed.version, kept_at=now)
    if before is not None:  # the first filling of empty tables changes nothing for anybody
        append(
            record_type="criteria.edition",
            record_id=listed.version,
            kind=Kind.EDIT,
            verb="keep",
            label="更新判定标准目录",
            by=by,
            now=now,
            data={
                "before": before.version,
                "after": listed.version,
                "added": kept.added,
                "changed": kept.changed,
                "retired": kept.retired,
            },
        )
    return kept


def _keep_standards(listed: Catalogue) -> dict[str, Standard]:
    rows = [
        Standard(doc_no=each.doc_no, **{name: getattr(each, name) for name in _STANDARD_FIELDS})
        for each in listed.documents.values()
    ]
    Standard.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["doc_no"], update_fields=list(_STANDARD_FIELDS)
    )
    return {row.doc_no: row for row in Standard.objects.all()}


def _keep_criteria(listed: Catalogue, standards: dict[str, Standard]) -> Kept:
    rows = [_row(entry, standards[entry.document.doc_no]) for entry in listed.criteria.values()]
    columns = [
        Criterion._meta.get_field(name).attname  # type: ignore[union-attr]  # every one is a column
        for name in _CRITERION_FIELDS
    ]
    stood = {key: values for key, *values in Criterion.objects.values_list("key", *columns)}
    changed = [row for row in rows if stood.get(row.key) != [getattr(row, column) for column in columns]]
    Criterion.objects.bulk_create(
        changed, batch_size=500, update_conflicts=True, unique_fields=["key"], update_fields=list(_CRITERION_FIELDS)
    )
    gone = stood.keys() - listed.criteria.keys()
    retired = Criterion.objects.filter(key__in=gone, is_retired=False).update(is_retired=True)
    added = sum(row.key not in stood for row in rows)
    return Kept(added, len(changed) - added, retired)


def _row(entry: Entry, standard: Standard) -> Criterion:
    return Criterion(
        key=entry.key,
        standard=standard,
        sector=entry.sector,
        article=entry.article,
        item=entry.item,
        title=entry.title,
        keywords=";".join(entry.keywords),
        note=entry.note,
        verify_level=entry.verify_level,
        source_url=entry.source_url,
        position=entry.position,
        is_retired=False,
    )
