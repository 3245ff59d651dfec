"""Edits of a draft as they come from the page: names of forms and keys, turned into the verbs of services."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn, TypeVar

from django.db.models import Model, QuerySet
from django.http import QueryDict

from zhiben.core.access.acting import Acting
from zhiben.core.org.models import Body, Unit
from zhiben.core.refusal import Refused
from zhiben.core.web.keys import key_of, keys_of
from zhiben.core.web.lookups import resolve_unit

from ..models import (
    DraftEdit,
    ItemDepartment,
    ItemFrequency,
    ItemIndicator,
    ItemMilestone,
    PlanItem,
    PlanObligation,
    PlanVersion,
)
from ..services import drafting, editing, readings

Row = TypeVar("Row", bound=Model)

GONE = "这一条刚被别人移走或撤销了，请看页面上的最新内容"


class Asked:
    """One edit asked for: the draft, who, when, and what the form said."""

    def __init__(self, version: PlanVersion, post: QueryDict, by: Acting, now: datetime) -> None:
        self.version, self.post = version, post
        self.by_now: dict[str, Any] = {"by": by, "now": now}

    def text(self, name: str) -> str:
        return self.post.get(name, "").strip()

    def number(self, name: str) -> int | None:
        return key_of(self.text(name))

    def day(self, name: str) -> date | None:
        if not self.text(name):
            return None
        try:
            return date.fromisoformat(self.text(name))
        except ValueError:
            raise Refused("日期请写成 2026-12-31 的样子") from None

    def decimal(self, name: str) -> Decimal | None:
        if not self.text(name):
            return None
        try:
            value = Decimal(self.text(name).replace(",", "").replace("%", ""))
        except InvalidOperation:
            raise Refused("数值请只写数字，例如 95 或 99.5") from None
        if not value.is_finite() or abs(value) >= 10**12:
            raise Refused("数值太大，请核对")
        return value

    @property
    def seen(self) -> int:
        return self.number("seen") or 0

    @property
    def item(self) -> PlanItem:
        return self.row(PlanItem.objects.filter(version=self.version), "item")

    def row(self, rows: QuerySet[Row], name: str) -> Row:
        """The row that the form names, within this draft; a sentence when it has gone."""
        found = rows.filter(pk=self.number(name)).first()
        if found is None:
            raise Refused(GONE)
        return found

    def inside(self, model: type[Row], name: str) -> Row | None:
        """A reading inside an item of this draft, or None where the form makes a new one."""
        if not self.text(name):
            return None
        return self.row(model._default_manager.filter(item__version=self.version).select_related("item"), name)

    def units(self) -> list[Unit]:
        """Chosen in the picker, or written in full where there is no script."""
        units = list(Unit.objects.filter(pk__in=keys_of(self.post.getlist("units"))))
        typed = self.text("units_text")
        if typed:
            unit = resolve_unit(typed)
            if unit is None:
                raise Refused(f"没有找到唯一叫“{typed}”的单位，请写全称，或从下拉列表中选择")
            units.append(unit)
        return units


def edit(asked: Asked) -> DraftEdit | None:
    values: dict[str, Any] = {name: asked.post[name] for name in ("number", "title", "content") if name in asked.post}
    if "action" in asked.post:
        values["action_id"] = asked.number("action")
    if "left_undispatched" in asked.post:
        values["left_undispatched"] = "1" in asked.post.getlist("left_undispatched")
    return editing.edit_item(item=asked.item, seen=asked.seen, **values, **asked.by_now)


def check(asked: Asked) -> DraftEdit | None:
    return editing.check_item(item=asked.item, checked=asked.text("checked") != "0", **asked.by_now)


def split(asked: Asked) -> DraftEdit | None:
    at = asked.number("at")
    if at is None:
        raise Refused("请先在左侧原文里点一下要拆开的位置，再点「拆分」（快捷键 s）")
    return editing.split_item(item=asked.item, seen=asked.seen, at=at, **asked.by_now)


def merge(asked: Asked) -> DraftEdit | None:
    """With the item before it in the text."""
    item = asked.item
    before = asked.version.items.filter(dropped=False, position__lt=item.position).last()
    if before is None:
        raise Refused("前面没有可以合并的任务")
    return editing.merge_items(
        item=item, into=before, seen=asked.seen, seen_into=before.revision, **asked.by_now
    )  # fmt: skip


def add(asked: Asked) -> DraftEdit | None:
    after = asked.item if asked.text("item") else None
    start, end = asked.number("start"), asked.number("end")
    span = (start, end) if start is not None and end is not None else None
    return editing.add_item(
        version=asked.version, after=after, number=asked.text("number"), title=asked.text("title"),
        content=asked.text("content"), span=span, **asked.by_now,
    )  # fmt: skip


def drop(asked: Asked) -> DraftEdit | None:
    return editing.drop_item(item=asked.item, seen=asked.seen, **asked.by_now)


def restore(asked: Asked) -> DraftEdit | None:
    return editing.restore_item(item=asked.item, seen=asked.seen, **asked.by_now)


def up(asked: Asked) -> DraftEdit | None:
    """One place up in the order of the text."""
    item = asked.item
    before = list(_others(asked, item).filter(position__lt=item.position).order_by("-position")[:2])
    if not before:
        raise Refused("已经是第一条")
    after = before[1] if len(before) > 1 else None
    return editing.reorder_item(item=item, seen=asked.seen, after=after, **asked.by_now)


def down(asked: Asked) -> DraftEdit | None:
    item = asked.item
    after = _others(asked, item).filter(position__gt=item.position).first()
    if after is None:
        raise Refused("已经是最后一条")
    return editing.reorder_item(item=item, seen=asked.seen, after=after, **asked.by_now)


def department(asked: Asked) -> DraftEdit | None:
    return readings.set_department(
        item=asked.item, seen=asked.seen, department=asked.inside(ItemDepartment, "department"),
        name=asked.text("name"), role=asked.text("role"), **asked.by_now,
    )  # fmt: skip


def remove_department(asked: Asked) -> DraftEdit | None:
    row = asked.inside(ItemDepartment, "department") or _nothing()
    return readings.remove_department(department=row, seen=asked.seen, **asked.by_now)


def resolve(asked: Asked) -> DraftEdit | None:
    """By one of the suggestions (`choice`), by chosen units, or to none (`none`)."""
    row = asked.inside(ItemDepartment, "department") or _nothing()
    everywhere = asked.text("everywhere") != "0"
    choice = asked.number("choice")
    if choice is not None and choice < len(row.suggestions):
        offer = row.suggestions[choice]
        return readings.resolve_department(
            department=row, seen=asked.seen, units=Unit.objects.filter(pk__in=offer["units"]),
            body=Body.objects.filter(pk=offer["body"]).first(), reason=offer["reason"], everywhere=everywhere,
            **asked.by_now,
        )  # fmt: skip
    units = asked.units()
    if not units and not asked.text("none"):
        raise Refused("请选择对应的单位；确实没有对应单位时，请点「不对应单位」")
    return readings.resolve_department(
        department=row, seen=asked.seen, units=units, everywhere=everywhere, **asked.by_now
    )  # fmt: skip


def milestone(asked: Asked) -> DraftEdit | None:
    return readings.set_milestone(
        item=asked.item, seen=asked.seen, milestone=asked.inside(ItemMilestone, "milestone"),
        due_on=asked.day("due_on"), text=asked.text("text"), **asked.by_now,
    )  # fmt: skip


def indicator(asked: Asked) -> DraftEdit | None:
    year = asked.number("year")
    if year is not None and not 1990 <= year <= 2100:
        raise Refused("年度请写四位数字，例如 2026；不分年度时留空")
    return readings.set_indicator(
        item=asked.item, seen=asked.seen, indicator=asked.inside(ItemIndicator, "indicator"),
        metric=asked.text("metric"), operator=asked.text("operator"), value=asked.decimal("value"),
        unit=asked.text("unit"), year=year, **asked.by_now,
    )  # fmt: skip


def frequency(asked: Asked) -> DraftEdit | None:
    return readings.set_frequency(
        item=asked.item, seen=asked.seen, frequency=asked.inside(ItemFrequency, "frequency"), text=asked.text("text"),
        per=asked.text("per"), min_count=asked.number("min_count") or 0, **asked.by_now,
    )  # fmt: skip


def remove_reading(asked: Asked) -> DraftEdit | None:
    row = (
        asked.inside(ItemMilestone, "milestone")
        or asked.inside(ItemIndicator, "indicator")
        or asked.inside(ItemFrequency, "frequency")
        or _nothing()
    )
    return readings.remove_reading(reading=row, seen=asked.seen, **asked.by_now)


def goal(asked: Asked) -> DraftEdit | None:
    row = asked.row(asked.version.goals.all(), "goal")
    values = {"dropped": asked.text("dropped") == "1"} if "dropped" in asked.post else {
        "due_on": asked.day("due_on") or row.due_on, "text": asked.text("text"),
    }  # fmt: skip
    return readings.edit_goal(goal=row, seen=asked.seen, **values, **asked.by_now)


def duty(asked: Asked) -> DraftEdit | None:
    row: PlanObligation = asked.row(asked.version.obligations.all(), "duty")
    if "dropped" in asked.post:
        return readings.edit_obligation(
            obligation=row, seen=asked.seen, dropped=asked.text("dropped") == "1", **asked.by_now
        )  # fmt: skip
    choice = asked.number("choice")
    if choice is not None and choice < len(row.suggestions):
        units = list(Unit.objects.filter(pk__in=row.suggestions[choice]["units"]))
    else:
        units = asked.units()
        if not units and not asked.text("none"):
            raise Refused("请选择由哪些单位落实；不需要跟踪时，请点「剔除」")
    return readings.resolve_obligation(obligation=row, seen=asked.seen, units=units, **asked.by_now)


def facts(asked: Asked) -> DraftEdit | None:
    values: dict[str, Any] = {
        name: asked.text(name) for name in ("title", "issuer", "document_number") if name in asked.post
    }
    values |= {name: asked.day(name) for name in ("issued_on", "period_start", "period_end") if name in asked.post}
    return readings.edit_facts(version=asked.version, seen=asked.seen, **values, **asked.by_now)


def undo(asked: Asked) -> DraftEdit | None:
    return drafting.undo(version=asked.version, **asked.by_now)


def redo(asked: Asked) -> DraftEdit | None:
    return drafting.redo(version=asked.version, **asked.by_now)


def _others(asked: Asked, item: PlanItem) -> QuerySet[PlanItem]:
    return asked.version.items.filter(dropped=False).exclude(pk=item.pk)


def _nothing() -> NoReturn:
    raise Refused(GONE)


OPERATIONS: dict[str, Callable[[Asked], DraftEdit | None]] = {
    operation.__name__: operation
    for operation in (
        *(edit, check, split, merge, add, drop, restore, up, down, department, remove_department, resolve, milestone),
        *(indicator, frequency, remove_reading, goal, duty, facts, undo, redo),
    )
}
