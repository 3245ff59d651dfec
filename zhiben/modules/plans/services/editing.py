"""What the person who checks a draft may do to it. Each verb is one edit: recorded, audited, undoable.

`seen` is the revision of the item as the page showed it; see drafting for what happens when it is stale.
Every verb returns the recorded DraftEdit, or None when nothing changed.
"""

import re
from datetime import datetime
from typing import Any

from zhiben.core.access.acting import Acting
from zhiben.core.refusal import Refused

from ..models import DraftEdit, PlanItem, PlanVersion
from .drafting import recorded

EDITABLE = {
    "number": "序号",
    "title": "标题",
    "content": "内容",
    "action_id": "所属行动",
    "left_undispatched": "暂不交办",
}


def edit_item(*, item: PlanItem, seen: int, by: Acting, now: datetime, **values: Any) -> DraftEdit | None:
    """Change some of number, title, content, action_id, left_undispatched."""
    if strange := values.keys() - EDITABLE.keys():
        raise TypeError(f"edit_item cannot change {strange}")
    if "title" in values and not values["title"].strip():
        raise Refused("标题不能为空。如果这一条不是任务，请点「剔除」")
    with recorded(item.version_id, "edit_item", {item: seen}, by=by, now=now) as draft:
        row = _fresh(item)
        values = {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}
        changed = [name for name, value in values.items() if getattr(row, name) != value]
        if values.get("action_id") and not draft.version.actions.filter(pk=values["action_id"]).exists():
            raise Refused("所选的行动不在这份方案里，请刷新页面后重选")
        for name, value in values.items():
            setattr(row, name, value)
        row.save()
        draft.label = f"修改{called(row)}的" + "、".join(EDITABLE[name] for name in changed)
    return draft.edit


def check_item(*, item: PlanItem, checked: bool, by: Acting, now: datetime) -> DraftEdit | None:
    """Mark an item as compared with the text (or not). Never stale: it says nothing about the content."""
    with recorded(item.version_id, "check_item", {}, by=by, now=now) as draft:
        row = _fresh(item)
        draft.touch([row])
        row.checked = checked
        row.save()
        draft.label = f"{'核对' if checked else '取消核对'}{called(row)}"
    return draft.edit


def split_item(*, item: PlanItem, seen: int, at: int, by: Acting, now: datetime) -> DraftEdit | None:
    """Cut one item in two. `at` counts characters in the document's text, or in `content` for an item without a place.

    The second half begins a new item, with the readings that stand after the cut; a half left without departments
    is given those of the other, because one bracket may hold for both.
    """
    with recorded(item.version_id, "split_item", {item: seen}, by=by, now=now) as draft:
        first = _fresh(item)
        if first.body_span:
            start, end = first.body_span
            if not start < at < end:
                raise Refused("请先把光标放在这一条的原文中间，再点「拆分」")
            text = draft.version.text
            halves = text[start:at], text[at:end]
        else:
            if not 0 < at < len(first.content):
                raise Refused("请先把光标放在内容中间，再点「拆分」")
            halves = first.content[:at], first.content[at:]
        head, tail = (without_breaks(half) for half in halves)
        if not head or not tail:
            raise Refused("拆开后有一半没有文字，请换一个位置")
        second = _second_half(first, tail, at, after=_position_after(first))
        draft.added(second)
        first.content, first.title = head, first.title if head.startswith(first.title) else _title_of(head)
        if first.body_span:
            first.body_end = at
            first.span_end = min(first.span_end or at, at)
        first.checked = False
        first.save()
        _share_readings(first, second, at)
        draft.label = f"把{called(first)}拆成两条，后一条为「{second.title[:20]}」"
    return draft.edit


def merge_items(
    *, item: PlanItem, into: PlanItem, seen: int, seen_into: int, by: Acting, now: datetime
) -> DraftEdit | None:
    """Join `item` to `into`: text, readings and departments (each once); `item` is dropped."""
    if item.pk == into.pk or item.version_id != into.version_id:
        raise Refused("请选择同一份草稿里的另一条来合并")
    with recorded(item.version_id, "merge_items", {item: seen, into: seen_into}, by=by, now=now) as draft:
        second, first = _fresh(item), _fresh(into)
        if first.dropped or second.dropped:
            raise Refused("已剔除的条目不能合并，请先恢复")
        number = f"{second.number} " if second.number else ""
        first.content = f"{first.content}\n{number}{second.content or second.title}".strip()
        if first.body_span and second.body_span:
            starts, ends = zip(first.body_span, second.body_span, strict=True)
            first.body_start, first.body_end = min(starts), max(ends)
        first.doubts = list(dict.fromkeys((*first.doubts, *second.doubts)))
        first.confidence = min(first.confidence, second.confidence)
        first.checked = False
        known = set(first.departments.values_list("name", "role"))
        for department in second.departments.all():
            if (department.name, department.role) not in known:
                department.item = first
                department.save()
        for readings in (second.milestones, second.indicators, second.frequencies):
            readings.update(item=first)
        draft.touch(second.children.all())
        second.children.update(parent=first)
        second.dropped = True
        first.save()
        second.save()
        draft.label = f"把{called(second)}并入{called(first)}"
    return draft.edit


def add_item(
    *, version: PlanVersion, after: PlanItem | None, title: str, by: Acting, now: datetime, number: str = "",
    content: str = "", span: tuple[int, int] | None = None,
) -> DraftEdit | None:  # fmt: skip
    """Add what the reading missed: written by hand, or taken from a stretch `span` of the document's text."""
    with recorded(version.pk, "add_item", {}, by=by, now=now) as draft:
        after = after or draft.version.items.select_related("action").last()
        start, end = span or (None, None)
        if start is not None and end is not None:
            if not 0 <= start < end <= len(draft.version.text):
                raise Refused("选中的文字不在原文里，请重新选择")
            content = content or without_breaks(draft.version.text[start:end])
            title = title or _title_of(content)
        if not title.strip():
            raise Refused("请写标题，或先在原文里选中要加入的文字")
        item = PlanItem.objects.create(
            version=draft.version, action=after.action if after else None,
            number=number.strip(), title=title.strip(), content=(content or title).strip(),
            body_start=start, body_end=end, span_start=start,
            span_end=None if start is None else start + len(draft.version.text[start:end].split("。")[0]),
            position=_position_after(after) if after else 1,
        )  # fmt: skip
        draft.added(item)
        draft.label = f"增加「{item.title[:30]}」"
    return draft.edit


def drop_item(*, item: PlanItem, seen: int, by: Acting, now: datetime) -> DraftEdit | None:
    """Set an item aside: it is not a task. It stays in the draft and can be restored."""
    return _set_dropped(item, True, seen, by, now)


def restore_item(*, item: PlanItem, seen: int, by: Acting, now: datetime) -> DraftEdit | None:
    return _set_dropped(item, False, seen, by, now)


def reorder_item(*, item: PlanItem, seen: int, after: PlanItem | None, by: Acting, now: datetime) -> DraftEdit | None:
    """Move an item behind another, or to the very top; it joins the action of its new neighbour."""
    if after and (after.version_id != item.version_id or after.pk == item.pk):
        raise Refused("请选择同一份草稿里的另一条作为新位置")
    with recorded(item.version_id, "reorder_item", {item: seen}, by=by, now=now) as draft:
        row = _fresh(item)
        if after is None:
            first = draft.version.items.exclude(pk=row.pk).first()
            row.position = first.position - 1 if first else row.position
            row.action = first.action if first else row.action
        else:
            row.position = _position_after(after, apart_from=row)
            row.action_id = after.action_id
        row.save()
        draft.label = f"把{called(row)}移到" + (f"{called(after)}之后" if after else "最前")
    return draft.edit


def called(item: PlanItem) -> str:
    """第 12 条「…」 as the edit log and the dialogs name an item."""
    return f"第 {item.number} 条" if item.number else f"「{item.title[:20]}」"


def without_breaks(text: str) -> str:
    """Joins lines and drops the blanks that a page break left between Chinese characters."""
    text = re.sub(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])", "", text)
    return " ".join(text.split())


def _title_of(content: str) -> str:
    return content.split("。")[0].strip() or content[:40]


def _fresh(item: PlanItem) -> PlanItem:
    return PlanItem.objects.select_related("action").get(pk=item.pk)


def _set_dropped(item: PlanItem, dropped: bool, seen: int, by: Acting, now: datetime) -> DraftEdit | None:
    with recorded(item.version_id, "drop_item" if dropped else "restore_item", {item: seen}, by=by, now=now) as draft:
        row = _fresh(item)
        row.dropped = dropped
        row.save()
        draft.label = f"{'剔除' if dropped else '恢复'}{called(row)}"
    return draft.edit


def _second_half(first: PlanItem, tail: str, at: int, *, after: float) -> PlanItem:
    end = first.body_span[1] if first.body_span else None
    start = None if end is None else at
    title = _title_of(tail)
    return PlanItem.objects.create(
        version_id=first.version_id, action_id=first.action_id, parent_id=first.parent_id, title=title, content=tail,
        body_start=start, body_end=end,
        span_start=start, span_end=None if end is None else min(at + len(title), end),
        position=after, doubts=["由上一条拆分而来，请核对序号和责任单位"],
    )  # fmt: skip


def _share_readings(first: PlanItem, second: PlanItem, at: int) -> None:
    """What stands after the cut goes to the second item. Without places, all stays with the first."""
    if second.body_span:
        for readings in (first.departments, first.milestones, first.indicators, first.frequencies):
            readings.filter(span_start__gte=at).update(item=second)
    if not second.departments.exists():
        _copy_departments(first, second)
    elif not first.departments.exists():
        _copy_departments(second, first)


def _copy_departments(source: PlanItem, target: PlanItem) -> None:
    for department in source.departments.all():
        units = list(department.units.all())
        department.pk, department._state.adding, department.item = None, True, target
        department.save()
        department.units.set(units)


def _position_after(item: PlanItem, apart_from: PlanItem | None = None) -> float:
    """Halfway to the next item; 50 times between the same two before the numbers run out."""
    item.refresh_from_db(fields=["position"])
    rest = PlanItem.objects.filter(version=item.version_id, position__gt=item.position)
    if apart_from:
        rest = rest.exclude(pk=apart_from.pk)
    following = rest.order_by("position").values_list("position", flat=True).first()
    return item.position + 1 if following is None else (item.position + following) / 2
