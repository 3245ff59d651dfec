"""The lists of the plans: made by an office with the document they rest on, filled with enterprises, each with its
measures, its day and the unit that sees it through. What becomes of an enterprise on a list is in `list_life`."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet

from zhiben.core.access.acting import Acting, By, Machine
from zhiben.core.access.permissions import Permission, may, require
from zhiben.core.audit import services as audit
from zhiben.core.audit.models import Kind
from zhiben.core.bulk import insert_rows
from zhiben.core.calendar import full_day
from zhiben.core.org.models import Region, Unit, UnitKind
from zhiben.core.org.paths import contains
from zhiben.core.refusal import Refused
from zhiben.core.workflow import engine

from . import list_life  # noqa: F401 — without its life no entry begins
from .models.enterprises import Enterprise
from .models.lists import OPEN_ENTRIES, TO_DO, EnterpriseList, EntryStatus, ListEntry, ListKind

RECORD = "registry.enterpriselist"
FOLLOWING = Machine("清单随企业变更")
CHANGEABLE = ("title", "basis", "due_on")
"""What an office may put right. Another kind or region is another list."""


@dataclass(frozen=True, kw_only=True)
class NewEntry:
    """An enterprise to be listed. Without `due_on` the list's own day; without `unit` whoever supervises it."""

    enterprise: Enterprise
    measures: str
    due_on: date | None = None
    unit: Unit | None = None


# ── lists ────────────────────────────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def make_list(
    *, kind: str, title: str, basis: str, region: Region, due_on: date, by: By, now: datetime
) -> EnterpriseList:
    """Open a list of one's own unit for its region or a place inside it. Raises Refused."""
    require(by, Permission.MANAGE_ENTERPRISES)
    if not isinstance(by, Acting):
        raise Refused("清单由具体的岗位建立。")
    if kind not in ListKind.values:
        raise Refused("请从列表中选择清单类别。", "kind")
    if not contains(by.unit.region_path, region.path):
        raise Refused(f"“{region}”不在您的辖区内，请选择{by.unit.region}或其中的区域。", "region")
    list(Unit.objects.select_for_update(no_key=True).filter(pk=by.unit.pk).values_list("pk"))
    made = EnterpriseList(
        kind=kind, title=_said("title", title), basis=_said("basis", basis), region=region, region_path=region.path,
        due_on=due_on, responsible_unit=by.unit, made_at=now,
    )  # fmt: skip
    _refuse_same_title(made)
    made.save()
    audit.append(
        record_type=RECORD, record_id=str(made.pk), kind=Kind.EDIT, verb="make_list", label="建立清单", by=by, now=now,
        data={"kind": made.get_kind_display(), "title": made.title, "basis": made.basis, "region": str(region),
              "due_on": due_on.isoformat()},
    )  # fmt: skip
    return made


@transaction.atomic
def change_list(*, enterprise_list: EnterpriseList, by: By, now: datetime, **given: Any) -> EnterpriseList:
    """Put a list right; `given` are fields of CHANGEABLE. Raises Refused."""
    if unknown := given.keys() - set(CHANGEABLE):
        raise TypeError(f"change_list does not change {sorted(unknown)}")
    changed = EnterpriseList.objects.select_for_update(of=("self",)).get(pk=enterprise_list.pk)
    if refusal := keeping_list_refusal(changed, by):
        raise Refused(refusal)
    said = {}
    for name, value in given.items():
        value = value if name == "due_on" else _said(name, value)
        if (before := getattr(changed, name)) != value:
            said[name] = {"from": str(before), "to": str(value)}
            setattr(changed, name, value)
    if "title" in said:
        _refuse_same_title(changed)
    if "due_on" in said:
        last = changed.entries.filter(status__in=TO_DO).aggregate(last=Max("due_on"))["last"]
        if last and last > changed.due_on:
            raise Refused(
                f"清单上有企业的期限是 {last}，请先调整这些企业的期限，或把清单期限定在这一天以后。", "due_on"
            )
    if said:
        changed.save(update_fields=list(said))
        leave_line(changed, "change_list", "修改清单", by, now, {"changed": said})
    return changed


def keeping_list_refusal(enterprise_list: EnterpriseList, by: By) -> str | None:
    """Why this list is not `by`'s to keep; None when it is."""
    if not may(by, Permission.MANAGE_ENTERPRISES) or not isinstance(by, Acting):
        return "您当前的岗位不能维护清单，请切换岗位，或请建立清单的单位办理。"
    if by.unit.pk != enterprise_list.responsible_unit_id:
        return f"这份清单由{enterprise_list.responsible_unit}建立，请联系该单位办理。"
    return None


def leave_line(
    enterprise_list: EnterpriseList,
    verb: str,
    label: str,
    by: By,
    now: datetime,
    data: dict[str, Any],
    reason: str = "",
) -> None:
    audit.append(
        record_type=RECORD, record_id=str(enterprise_list.pk), kind=Kind.EDIT, verb=verb, label=label, by=by, now=now,
        data=data, reason=reason,
    )  # fmt: skip


def _said(name: str, text: str) -> str:
    if not text.strip():
        raise Refused("请填写清单名称。" if name == "title" else "请写明依据，即方案或文件的名称和文号。", name)
    return text.strip()


def _refuse_same_title(made: EnterpriseList) -> None:
    same = EnterpriseList.objects.filter(responsible_unit=made.responsible_unit, title=made.title).exclude(pk=made.pk)
    if same.exists():
        raise Refused(f"本单位已有“{made.title}”，请换一个名称，例如写明年份或区域。", "title")


# ── enterprises on them ──────────────────────────────────────────────────────────────────────────────────────────


def list_enterprise(*, to: EnterpriseList, entry: NewEntry, by: By, now: datetime) -> ListEntry:
    """Put one enterprise on a list. Raises Refused with the field."""
    return list_enterprises(to=to, entries=[entry], by=by, now=now)[0]


@transaction.atomic
def list_enterprises(
    *, to: EnterpriseList, entries: Sequence[NewEntry], by: By, now: datetime, tells: bool = True
) -> list[ListEntry]:
    """Put many on a list: all of them, or none (Refused for the first that may not be), with the same number of
    queries whatever their number. Without `tells` nobody is told of each."""
    to = EnterpriseList.objects.select_for_update(of=("self",)).get(pk=to.pk)
    for refusal in filter(None, listing_refusals(to, entries, by=by)):
        raise refusal
    made = [
        ListEntry(
            list=to, enterprise=new.enterprise, measures=new.measures.strip(), due_on=new.due_on or to.due_on,
            listed_at=now, responsible_unit=new.enterprise.unit, supervising_unit=unit_for(new),
            region_path=new.enterprise.region_path, sector=new.enterprise.sector,
        )
        for new in entries
    ]  # fmt: skip
    insert_rows(ListEntry, made)
    engine.begin_many(
        made, by=by, now=now, label="列入清单", data={"list": to.title}, says=("measures", "due_on"), tells=tells
    )
    return made


def listing_refusals(to: EnterpriseList, entries: Sequence[NewEntry], *, by: By) -> list[Refused | None]:
    """For each, why it may not be put on this list, or None. A constant number of queries."""
    if refusal := keeping_list_refusal(to, by):
        return [Refused(refusal)] * len(entries)
    assert isinstance(by, Acting)
    keys = [new.enterprise.pk for new in entries]
    seen = set(Enterprise.objects.visible_to(by).filter(pk__in=keys).values_list("pk", flat=True))
    listed = set(
        ListEntry.objects.filter(list=to, enterprise__in=keys)
        .exclude(status=EntryStatus.REMOVED)
        .values_list("enterprise", flat=True)
    )
    times = Counter(keys)
    return [_listing_refusal(to, new, seen, listed, times[new.enterprise.pk]) for new in entries]


def unit_for(new: NewEntry) -> Unit | None:
    """Who sees it through: the unit named, else whoever supervises the enterprise, else its town."""
    return new.unit or new.enterprise.supervising_unit or new.enterprise.unit.superior


def _listing_refusal(
    to: EnterpriseList, new: NewEntry, seen: set[UUID], listed: set[UUID], times: int
) -> Refused | None:
    enterprise, unit = new.enterprise, unit_for(new)
    if enterprise.pk not in seen:
        return Refused(f"“{enterprise}”不归本单位监管，也不在本辖区。", "enterprise")
    if not enterprise.exists:
        return Refused(f"“{enterprise}”{enterprise.get_status_display()}，不用再列入清单。", "enterprise")
    if not contains(to.region_path, enterprise.region_path):
        return Refused(f"“{enterprise}”不在清单的区域{to.region}内，请核对。", "enterprise")
    if enterprise.pk in listed:
        return Refused(f"“{enterprise}”已在“{to}”上，请打开它办理。", "enterprise")
    if times > 1:
        return Refused(f"“{enterprise}”写了 {times} 次，请只留一次。", "enterprise")
    if not new.measures.strip():
        return Refused("请写明措施：怎样改造、与谁整合、何时关闭。", "measures")
    if new.due_on and new.due_on > to.due_on:
        return Refused(f"清单的完成期限是{full_day(to.due_on)}，企业的期限不能更晚。", "due_on")
    if unit is None:
        return Refused(f"“{enterprise}”还没有监管单位，请写明责任单位。", "unit")
    if unit.kind == UnitKind.ENTERPRISE:
        return Refused("请选择部门、乡镇或园区，企业不能作责任单位。", "unit")
    return None


# ── how far a list is ────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Progress:
    """Enterprises on a list by where they stand. Those removed count for nothing and are named apart; the overdue are
    among those listed or under way."""

    listed: int = 0
    under_way: int = 0
    done: int = 0
    verified: int = 0
    removed: int = 0
    overdue: int = 0

    @property
    def total(self) -> int:
        """The denominator; `verified` is the numerator."""
        return self.listed + self.under_way + self.done + self.verified

    @property
    def percent(self) -> int:
        """Rounded down, so that 100 % is said only of all."""
        return 100 * self.verified // self.total if self.total else 0


def progress_of(lists: Iterable[EnterpriseList], entries: QuerySet[ListEntry], day: date) -> dict[UUID, Progress]:
    """How far each list is, counted from these of its entries, in one query."""
    lists = list(lists)
    counts: dict[str, Any] = {str(status): Count("pk", filter=Q(status=status)) for status in EntryStatus}
    counts["overdue"] = Count("pk", filter=Q(status__in=TO_DO, due_on__lt=day))
    rows = entries.filter(list__in=[each.pk for each in lists]).order_by().values("list").annotate(**counts)
    known: dict[UUID, Progress] = {row.pop("list"): Progress(**row) for row in map(dict[str, Any], rows)}
    return {each.pk: known.get(each.pk, Progress()) for each in lists}


# ── when the enterprise changes ──────────────────────────────────────────────────────────────────────────────────


@transaction.atomic
def follow_enterprise(enterprise_id: UUID, *, supervising_before: int | None = None, now: datetime) -> int:
    """What is open goes with its enterprise: another region, sector or supervisor; another enterprise that it was
    merged into does the work. An entry given to another unit stays there. Returns how many changed."""
    enterprise = Enterprise.objects.select_related("merged_into__unit", "supervising_unit", "unit").get(
        pk=enterprise_id
    )
    heir = enterprise.merged_into or enterprise
    entries = list(
        ListEntry.objects.select_for_update(of=("self",))
        .filter(enterprise=enterprise, status__in=OPEN_ENTRIES)
        .select_related("list")
        .order_by("pk")
    )
    moved = []
    for entry in entries:
        before = _place(entry)
        entry.region_path, entry.sector, entry.responsible_unit = heir.region_path, heir.sector, heir.unit
        if entry.supervising_unit_id == supervising_before and heir.supervising_unit_id:
            entry.supervising_unit_id = heir.supervising_unit_id
        if _place(entry) != before:
            moved.append(entry)
    if moved:
        ListEntry.objects.bulk_update(moved, ["region_path", "sector", "responsible_unit", "supervising_unit"])
        audit.append_many(
            [
                audit.NewLine(
                    record_type="registry.listentry", record_id=str(entry.pk), kind=Kind.EDIT, verb="follow_enterprise",
                    label="随企业变更", by=FOLLOWING, now=now,
                    data={"responsible_unit": str(heir.unit), "supervising_unit": str(heir.supervising_unit or "")},
                )
                for entry in moved
            ]
        )  # fmt: skip
        engine.refresh(moved, now=now)
    return len(moved)


def _place(entry: ListEntry) -> tuple[Any, ...]:
    return entry.region_path, entry.sector, entry.responsible_unit_id, entry.supervising_unit_id
