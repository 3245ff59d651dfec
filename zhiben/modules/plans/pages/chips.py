"""The readings of an item as a row of chips. Drawn here and not in a template: a long plan has thousands of them."""

from collections.abc import Iterator
from html import escape

from django.utils.safestring import SafeString, mark_safe

from zhiben.core.web.words import full_day

from ..marking import mark_key
from ..models import DepartmentRole, ItemDepartment, PlanItem, PlanObligation, Resolution

SHOWN_UNITS = 2
ROLES = {value: str(label) for value, label in DepartmentRole.choices}


def chips_of(item: PlanItem) -> SafeString:
    """Departments with the units they stand for, then days, figures and rhythms; each linked to its place by `data-mark`."""
    return mark_safe("".join(_chips(item)))  # noqa: S308 (every piece of text below is escaped)


def stands_for(row: ItemDepartment | PlanObligation) -> str:
    """→ 县应急管理局, or what is still to be said."""
    if row.resolution == Resolution.OPEN:
        return "? 待确认"
    if row.resolution == Resolution.LEFT:
        return "不对应单位"
    units = [str(unit) for unit in row.units.all()]
    more = f"等 {len(units)} 个" if len(units) > SHOWN_UNITS else ""
    return f"→ {'、'.join(units[:SHOWN_UNITS])}{more}"


def _chips(item: PlanItem) -> Iterator[str]:
    for department in item.departments.all():
        role = department.role
        kind = f"{role} is-open" if department.resolution == Resolution.OPEN else role
        yield _chip(kind, mark_key(department), ROLES[role], department.name, stands_for(department))
    for milestone in item.milestones.all():
        yield _chip("milestone", mark_key(milestone), "时限", full_day(milestone.due_on))
    for indicator in item.indicators.all():
        yield _chip("indicator", mark_key(indicator), "指标", str(indicator))
    for frequency in item.frequencies.all():
        rhythm = f"{frequency.get_per_display()}≥{frequency.min_count} 次"
        yield _chip("frequency", mark_key(frequency), "频次", rhythm)


def _chip(kind: str, key: str, word: str, said: str, to: str = "") -> str:
    arrow = f'<span class="to">{escape(to)}</span>' if to else ""
    return f'<li><span class="chip-mark mk-{kind}" data-mark="{key}"><b>{word}</b> {escape(said)}{arrow}</span></li>'
