"""The edit log of a draft: every edit recorded with what stood there before, so that it can be undone, and so that
two people at work on one draft never overwrite each other unseen.

    with recorded(version.pk, "edit_item", {item: seen}, by=by, now=now) as draft:
        …change rows…
        draft.label = "…what was done, one sentence…"
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils.timezone import localtime

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, require
from zhiben.core.audit import services as audit
from zhiben.core.refusal import Refused

from ..models import DraftEdit, PlanVersion, VersionStatus
from .refusals import StaleEdit
from .snapshots import Pieces, by_model, changed_fields, key_of, put_back, take

Kind = DraftEdit.Kind


class Draft:
    """An edit under way: the locked version, and the pieces that it touches."""

    def __init__(self, version: PlanVersion, operation: str, by: Acting) -> None:
        self.version = version
        self.operation = operation
        self.by = by
        self.label = ""
        self.before: Pieces = {}
        self.edit: DraftEdit | None = None
        """Set when the edit is recorded; stays None when nothing changed."""

    @property
    def next_number(self) -> int:
        return self.version.edits_made + 1

    def touch(self, pieces: Iterable[models.Model]) -> None:
        """Also these pieces change: call before changing them."""
        self.before |= take({key_of(piece) for piece in pieces} - self.before.keys())

    def added(self, piece: models.Model) -> None:
        self.before.setdefault(key_of(piece), None)


@contextmanager
def recorded(
    version_id: int, operation: str, seen: Mapping[models.Model, int], *, by: Acting, now: datetime
) -> Iterator[Draft]:
    """One edit, atomic. `seen` gives, for each piece, the revision which the person was looking at.

    Raises StaleEdit when somebody else changed one of them since, Refused when the draft is closed to this person.
    """
    with transaction.atomic():
        draft = Draft(lock_draft(version_id, by=by), operation, by)
        _refuse_stale(draft, seen)
        draft.touch(seen)
        yield draft
        _record(draft, Kind.EDIT, now=now)


def lock_draft(version_id: int, *, by: Acting) -> PlanVersion:
    """The draft, locked for this transaction: edits of one draft queue up, they never interleave."""
    require(by, Permission.MANAGE_PLANS)
    version = PlanVersion.objects.select_for_update(of=("self",)).select_related("plan").get(pk=version_id)
    if version.responsible_unit_id != by.post.unit_id:
        raise Refused("这份方案由其他单位编制，您只能查看")
    if version.status != VersionStatus.DRAFT:
        raise Refused(f"这一版{version.get_status_display()}，不能再改。需要调整请在方案页点「修订」")
    return version


def last_to_undo(version: PlanVersion, acting: Acting) -> DraftEdit | None:
    """The newest edit of this person that still stands: everyone undoes their own."""
    mine = version.edits.filter(person=acting.person, reversed=False)
    return mine.filter(kind__in=(Kind.EDIT, Kind.REDO)).last()


def last_to_redo(version: PlanVersion, acting: Acting) -> DraftEdit | None:
    """The newest undoing of this person, unless they have edited on since."""
    mine = version.edits.filter(person=acting.person)
    undoing = mine.filter(kind=Kind.UNDO, reversed=False).last()
    if undoing is None or mine.filter(kind=Kind.EDIT, number__gt=undoing.number).exists():
        return None
    return undoing


def undo(*, version: PlanVersion, by: Acting, now: datetime) -> DraftEdit:
    """Take back the person's last edit. Refused, with a sentence, when there is none or others built on it."""
    with transaction.atomic():
        locked = lock_draft(version.pk, by=by)
        edit = last_to_undo(locked, by)
        if edit is None:
            raise Refused("没有可以撤销的修改")
        return _reverse(locked, edit, Kind.UNDO, f"撤销：{_origin(edit).label}", by=by, now=now)


def redo(*, version: PlanVersion, by: Acting, now: datetime) -> DraftEdit:
    with transaction.atomic():
        locked = lock_draft(version.pk, by=by)
        undoing = last_to_redo(locked, by)
        if undoing is None:
            raise Refused("没有可以重做的修改")
        return _reverse(locked, undoing, Kind.REDO, f"重做：{_origin(undoing).label}", by=by, now=now)


def _origin(edit: DraftEdit) -> DraftEdit:
    while edit.reverses:
        edit = edit.reverses
    return edit


def _reverse(
    version: PlanVersion, edit: DraftEdit, kind: DraftEdit.Kind, label: str, *, by: Acting, now: datetime
) -> DraftEdit:
    later = _edits_touching(version, edit.after, since=edit.number).exclude(person=by.person).last()
    if later:
        raise Refused(f"{later.person}在 {_clock(later.at)} 又改过同一条（{later.label}），不能直接撤销，请手工改回")
    draft = Draft(version, kind, by)
    draft.label = label
    draft.before = take(edit.before)
    put_back(edit.before, revision=draft.next_number)
    edit.reversed = True
    edit.save(update_fields=["reversed"])
    recorded_edit = _record(draft, kind, now=now, reverses=edit)
    assert recorded_edit is not None  # what was reversed was itself a change
    return recorded_edit


def _refuse_stale(draft: Draft, seen: Mapping[models.Model, int]) -> None:
    for piece, revision in seen.items():
        theirs = _edits_touching(draft.version, [key_of(piece)], since=revision).exclude(person=draft.by.person)
        if edits := list(theirs):
            last = edits[-1]
            raise StaleEdit(
                f"{last.person}在 {_clock(last.at)} 刚改过这一条。您输入的内容还在页面上，请对照后再保存一次",
                tuple(f"{edit.person} {_clock(edit.at)} {edit.label}" for edit in edits),
            )


def _edits_touching(version: PlanVersion, keys: Iterable[str], *, since: int) -> models.QuerySet[DraftEdit]:
    touching = models.Q()
    for key in keys:
        touching |= models.Q(after__has_key=key)
    return version.edits.filter(touching, number__gt=since).select_related("person")


def _record(
    draft: Draft, kind: DraftEdit.Kind, *, now: datetime, reverses: DraftEdit | None = None
) -> DraftEdit | None:
    after = take(draft.before)
    changed = [key for key in after if after[key] != draft.before[key]]
    if not changed:
        return None
    version, number = draft.version, draft.next_number
    before = {key: draft.before[key] for key in changed}
    after = {key: after[key] for key in changed}
    _set_revision(changed, number)
    version.edits_made = number
    version.save(update_fields=["edits_made"])
    draft.edit = DraftEdit.objects.create(
        version=version, number=number, kind=kind, operation=draft.operation, label=draft.label[:500],
        person=draft.by.person, at=now, before=before, after=after, reverses=reverses,
    )  # fmt: skip
    audit.append(
        record_type=version._meta.label_lower, record_id=str(version.pk), kind="edit", verb=draft.operation,
        label=draft.label, by=draft.by, now=now, data={"edit": number, "changed": _differences(before, after)},
    )  # fmt: skip
    return draft.edit


def _differences(before: Pieces, after: Pieces) -> dict[str, Any]:
    return {key: changed_fields(before[key], after[key]) for key in after}


def _set_revision(keys: Iterable[str], number: int) -> None:
    for model, pks in by_model(keys).items():
        model._default_manager.filter(pk__in=pks).update(revision=number)


def _clock(moment: datetime) -> str:
    return f"{localtime(moment):%H:%M}"
