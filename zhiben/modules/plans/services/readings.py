"""Correcting what was read inside an item: departments and the units they stand for, milestones, indicators,
frequencies; and the goals and duties outside the items. Each verb is one edit, like those in editing."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models

from zhiben.core.access.acting import Acting
from zhiben.core.clock import local_day
from zhiben.core.org.models import Body, Unit
from zhiben.core.refusal import Refused

from ..models import (
    DepartmentRole,
    DraftEdit,
    ItemDepartment,
    ItemFrequency,
    ItemIndicator,
    ItemMilestone,
    Operator,
    Period,
    Plan,
    PlanGoal,
    PlanItem,
    PlanObligation,
    PlanVersion,
    Resolution,
)
from .addressing import resolver_for
from .drafting import recorded
from .editing import called


def set_department(
    *, item: PlanItem, seen: int, name: str, role: str, by: Acting, now: datetime,
    department: ItemDepartment | None = None,
) -> DraftEdit | None:  # fmt: skip
    """Add a department to an item, or change the name or part of one it has. A new name is looked up anew."""
    if not name.strip():
        raise Refused("请写单位名称")
    if role not in DepartmentRole.values:
        raise Refused("请选择分工：牵头、参与或责任")
    with recorded(item.version_id, "set_department", {item: seen}, by=by, now=now) as draft:
        row = _own(item.departments, department) or ItemDepartment(item=item, position=item.departments.count())
        renamed = row.name != name.strip()
        row.name, row.role = name.strip(), role
        if renamed:
            meant = resolver_for(draft.version.plan.region, local_day(now))(row.name)
            row.resolution, row.body_id, row.reason = meant.resolution, meant.body, meant.reason
            row.suggestions = list(meant.suggestions)
        row.save()
        if renamed:
            row.units.set(meant.units)
        draft.label = f"{called(item)}:{row.get_role_display()}单位「{row.name}」"
    return draft.edit


def remove_department(*, department: ItemDepartment, seen: int, by: Acting, now: datetime) -> DraftEdit | None:
    item = department.item
    with recorded(item.version_id, "remove_department", {item: seen}, by=by, now=now) as draft:
        item.departments.filter(pk=department.pk).delete()
        draft.label = f"{called(item)}：去掉单位「{department.name}」"
    return draft.edit


def resolve_department(
    *, department: ItemDepartment, seen: int, by: Acting, now: datetime, units: Iterable[Unit] = (),
    body: Body | None = None, reason: str = "", everywhere: bool = False,
) -> DraftEdit | None:  # fmt: skip
    """Say which units a printed name stands for: some, a body (through its office), or none (「不对应单位」).

    `everywhere`: also wherever the same name still waits to be confirmed in this draft.
    """
    item, units = department.item, list(units)
    if body and not units and body.office:
        units = [body.office]
    with recorded(item.version_id, "resolve_department", {item: seen}, by=by, now=now) as draft:
        rows = [item.departments.get(pk=department.pk)]
        if everywhere:
            same = ItemDepartment.objects.filter(item__version=item.version_id, name=department.name)
            same = same.filter(resolution=Resolution.OPEN).exclude(pk=department.pk).select_related("item")
            rows += same
            draft.touch({row.item for row in same})
        for row in rows:
            _address(row, units, body, reason or "人工确认")
        names = body.name if body else "、".join(str(unit) for unit in units[:3]) + ("等" if len(units) > 3 else "")
        draft.label = f"「{department.name}」" + (f"对应{names}" if units else "不对应单位")
        if len(rows) > 1:
            draft.label += f"(共 {len(rows)} 处)"
    return draft.edit


def set_milestone(
    *, item: PlanItem, seen: int, due_on: date | None, text: str, by: Acting, now: datetime,
    milestone: ItemMilestone | None = None,
) -> DraftEdit | None:  # fmt: skip
    if due_on is None:
        raise Refused("请填写时限，例如 2026-12-31")
    values = {"due_on": due_on, "text": text.strip()}
    return _set_child(item, "milestones", milestone, values, seen, by, now)


def set_indicator(
    *, item: PlanItem, seen: int, metric: str, operator: str, value: Decimal | None, unit: str, by: Acting,
    now: datetime, year: int | None = None, approximate: bool = False, indicator: ItemIndicator | None = None,
) -> DraftEdit | None:  # fmt: skip
    if not metric.strip() or value is None:
        raise Refused("请写清指标名称和数值，例如「参训率」100")
    if operator not in Operator.values:
        raise Refused("请选择要求：不低于、等于或不超过")
    values = {
        "metric": metric.strip(), "operator": operator, "value": value, "unit": unit.strip(), "year": year,
        "approximate": approximate,
    }  # fmt: skip
    return _set_child(item, "indicators", indicator, values, seen, by, now)


def set_frequency(
    *, item: PlanItem, seen: int, text: str, per: str, min_count: int, by: Acting, now: datetime,
    frequency: ItemFrequency | None = None,
) -> DraftEdit | None:  # fmt: skip
    if per not in Period.values or min_count < 1:
        raise Refused("请选择周期，并填写至少几次（从 1 起）")
    values = {"text": text.strip(), "per": per, "min_count": min_count}
    return _set_child(item, "frequencies", frequency, values, seen, by, now)


def remove_reading(
    *, reading: ItemMilestone | ItemIndicator | ItemFrequency, seen: int, by: Acting, now: datetime
) -> DraftEdit | None:
    """Take a milestone, an indicator or a frequency out of its item."""
    item = reading.item
    with recorded(item.version_id, "remove_reading", {item: seen}, by=by, now=now) as draft:
        type(reading).objects.filter(pk=reading.pk).delete()
        draft.label = f"{called(item)}：去掉{reading._meta.verbose_name}「{reading}」"
    return draft.edit


def edit_facts(*, version: PlanVersion, seen: int, by: Acting, now: datetime, **values: Any) -> DraftEdit | None:
    """Correct title, issuer, document_number, issued_on, period_start, period_end."""
    if strange := values.keys() - version.facts().keys():
        raise TypeError(f"a version has no editable {strange}")
    if "title" in values and not values["title"].strip():
        raise Refused("方案名称不能为空")
    with recorded(version.pk, "edit_facts", {version: seen}, by=by, now=now) as draft:
        row = draft.version
        for name, value in values.items():
            setattr(row, name, value)
        if row.period_start and row.period_end and row.period_start > row.period_end:
            raise Refused("实施截止日早于起始日，请核对")
        row.save()
        if row.plan.current_version_id is None:
            Plan.objects.filter(pk=row.plan_id).update(**row.facts())
        draft.label = "修改方案信息"
    return draft.edit


def edit_goal(*, goal: PlanGoal, seen: int, by: Acting, now: datetime, **values: Any) -> DraftEdit | None:
    """Change some of due_on, text, dropped."""
    return _edit_piece(goal, {"due_on", "text", "dropped"}, values, seen, by, now)


def edit_obligation(
    *, obligation: PlanObligation, seen: int, by: Acting, now: datetime, **values: Any
) -> DraftEdit | None:
    """Change some of text, who, per, due_on, min_count, dropped."""
    allowed = {"text", "who", "per", "due_on", "min_count", "dropped"}
    return _edit_piece(obligation, allowed, values, seen, by, now)


def resolve_obligation(
    *, obligation: PlanObligation, seen: int, units: Iterable[Unit], by: Acting, now: datetime,
    body: Body | None = None,
) -> DraftEdit | None:  # fmt: skip
    """Say which units owe a duty outside the tasks, or none."""
    units = list(units)
    with recorded(obligation.version_id, "resolve_obligation", {obligation: seen}, by=by, now=now) as draft:
        row = PlanObligation.objects.get(pk=obligation.pk)
        _address(row, units or ([body.office] if body and body.office else []), body, "人工确认")
        draft.label = f"「{row.text[:20]}」由{len(units)} 个单位落实" if units else f"「{row.text[:20]}」不对应单位"
    return draft.edit


def _set_child(
    item: PlanItem, name: str, child: models.Model | None, values: dict[str, Any], seen: int, by: Acting, now: datetime
) -> DraftEdit | None:
    with recorded(item.version_id, f"set_{name}", {item: seen}, by=by, now=now) as draft:
        rows = getattr(item, name)
        row = _own(rows, child) or rows.model(item=item)
        for field, value in values.items():
            setattr(row, field, value)
        row.save()
        draft.label = f"{called(item)}:{row._meta.verbose_name}「{row}」"
    return draft.edit


def _edit_piece(
    piece: PlanGoal | PlanObligation, allowed: set[str], values: dict[str, Any], seen: int, by: Acting, now: datetime
) -> DraftEdit | None:
    if strange := values.keys() - allowed:
        raise TypeError(f"{piece._meta.model_name} has no editable {strange}")
    if "text" in values and not values["text"].strip():
        raise Refused("内容不能为空。如果不需要，请点「剔除」")
    with recorded(piece.version_id, f"edit_{piece._meta.model_name}", {piece: seen}, by=by, now=now) as draft:
        row = type(piece).objects.get(pk=piece.pk)
        for field, value in values.items():
            setattr(row, field, value)
        row.save()
        verb = {True: "剔除", False: "恢复"}.get(values.get("dropped"), "修改")  # type: ignore[arg-type]
        draft.label = f"{verb}{row._meta.verbose_name}「{row.text[:20]}」"
    return draft.edit


def _own(rows: Any, child: models.Model | None) -> Any:
    """The child as it stands now; a sentence when it has gone since the page was shown."""
    if child is None:
        return None
    row = rows.filter(pk=child.pk).first()
    if row is None:
        raise Refused("这一处已不在这条任务里（可能刚被移走或删除），请看页面上的最新内容")
    return row


def _address(row: ItemDepartment | PlanObligation, units: list[Unit], body: Body | None, reason: str) -> None:
    row.resolution = Resolution.RESOLVED if units else Resolution.LEFT
    row.body, row.reason = body, reason
    row.save()
    row.units.set(units)
