"""From the places of tasks to their readings: title, departments, milestones, indicators, frequencies."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from .clauses import sentences
from .document import Document
from .frequencies import recurrences_in
from .indicators import targets_in
from .ledger import (
    DepartmentReading,
    FrequencyReading,
    IndicatorReading,
    MilestoneReading,
    Span,
    TaskReading,
)
from .milestones import Due, deadlines_in, text_from
from .outline import Item
from .responsibility import units_in
from .structure import TaskPlace

_TITLE_END = re.compile(r"[。\n]")
_TITLE_REACH = 400
_CLOSING_PARAGRAPH = re.compile(
    r"附件|联系人|联系电话|抄送|抄报|主送|信息公开|此件|编辑|责任编辑|来源:|打印|关闭|上一[篇条]|下一[篇条]|相关(?:附件|文档|链接)|扫一扫|分享"
    r"|(?:20\d\d|二[〇○零一二三四五六七八九]{3})年[\d一二三四五六七八九十]{1,3}月[\d一二三四五六七八九十]{1,3}日$"
    r"|(?:各|请)[^。]{2,60}(?:请于|要于|应于|应当于|并于|于|按时|及时|定期)[^。]{0,40}(?:报送|上报|报)"
    r"|[^。,;]{4,30}(?:委员会|办公室|政府|公司|局)$|本方案自|版权|注:"
)


@dataclass(frozen=True)
class Rules:
    """What the whole document says about its tasks."""

    first_year: int
    first_leads_from: int | None  # 排在第一位的为牵头单位,下同: from this place on


def title_span(document: Document, item: Item) -> Span:
    """From the number to the first 。, line end or responsibility bracket."""
    stop = min(item.own_end(), item.head_end + _TITLE_REACH)
    found = _TITLE_END.search(document.text, item.head_end, stop)
    end = found.start() if found else stop
    for duty in document.duties_between(item.head_end, end):
        end = duty.start
        break
    text = document.text
    start = item.head_end
    while start < end and text[start] in " 、.:":
        start += 1
    while end > start and text[end - 1] in ":;,. ":
        end -= 1
    return start, end


def body_end(document: Document, item: Item, is_last: bool) -> int:
    """The end of an item; the last one of its section loses closing lines, signature and page furniture."""
    if not is_last:
        return item.end
    first = True
    for start, end in document.paragraphs(item.start, item.end):
        if (
            not first
            and _CLOSING_PARAGRAPH.match(document.text, start, end)
            and not document.duties_between(start, end)
        ):
            return start
        first = False
    return item.end


def _segments(place: TaskPlace, end: int) -> Iterator[Span]:
    """The task's own text: without the tasks inside it."""
    at = place.item.start
    for inner in place.inner:
        yield at, inner.start
        at = inner.end
    if at < end:
        yield at, end


def read_task(document: Document, place: TaskPlace, rules: Rules, is_last: bool) -> TaskReading:
    """One task with everything its own text says."""
    item = place.item
    end = body_end(document, item, is_last)
    segments = list(_segments(place, end))
    start, stop = title_span(document, item)
    departments = list(_departments(document, segments, rules))
    dues = [due for segment in segments for due in _dues(document, segment, item, rules)]
    doubts = list(_doubts(document, place, departments, start, stop))
    return TaskReading(
        number=item.printed or "",
        title=document.printed(start, stop),
        span=document.origin(item.start, max(stop, item.head_end)),
        body_span=document.origin(item.start, end),
        content=document.mapped.printed[item.head_end : end].strip(),
        action_ordinal=place.action.printed if place.action else None,
        parent=place.parent.printed if place.parent else None,
        departments=tuple(departments),
        milestones=tuple(milestone_of(document, due, end) for due in dues),
        indicators=tuple(reading for segment in segments for reading in indicators_in(document, segment, dues)),
        frequencies=tuple(reading for segment in segments for reading in frequencies_in(document, segment)),
        confidence=round(max(0.3, 0.98 - 0.15 * len(doubts)), 2),
        doubts=tuple(doubts),
    )


def _doubts(
    document: Document, place: TaskPlace, departments: list[DepartmentReading], start: int, stop: int
) -> Iterator[str]:
    item = place.item
    siblings = item.parent.children if item.parent else [item]
    index = siblings.index(item) if len(siblings) < 2000 else 0
    before = siblings[index - 1] if index else None
    if before and before.style == item.style and item.value not in (before.value + 1, 1):
        yield f"序号“{item.printed}”与上一条“{before.printed}”不连续,请核对是否漏读。"
    if stop - start < 4:
        yield "标题很短,请核对。"
    if not departments and document.duties:
        yield "没有读到责任单位,请补充。"
    if stop - start > 120:
        yield "标题很长,可能缺少句号,请核对。"


def _departments(document: Document, segments: list[Span], rules: Rules) -> Iterator[DepartmentReading]:
    seen: set[tuple[str, str]] = set()
    for start, end in segments:
        for duty in document.duties_between(start, end):
            leads = rules.first_leads_from is not None and duty.end >= rules.first_leads_from
            for unit in units_in(
                document.text, duty.inner_start, duty.inner_end, first_leads=leads, bracketed=not duty.labelled
            ):
                name = document.printed(unit.start, unit.end)
                if (name, unit.role) in seen:
                    continue
                seen.add((name, unit.role))
                doubts = ("名称较长,可能没有拆开,请核对。",) if len(name) > 22 else ()
                yield DepartmentReading(
                    name,
                    unit.role,
                    span=document.origin(unit.start, unit.end),
                    confidence=0.6 if doubts else 0.97,
                    doubts=doubts,
                )


def _dues(document: Document, segment: Span, item: Item, rules: Rules) -> Iterator[Due]:
    start = max(segment[0], item.head_end) if segment[0] == item.start else segment[0]
    yield from deadlines_in(document.text, start, segment[1], first_year=rules.first_year, quoted=document.quoted)


def milestone_of(document: Document, due: Due, end: int) -> MilestoneReading:
    """A deadline as it goes into the ledger."""
    doubts = [] if due.sure else ["这个日期可能只是提及,不一定是时限,请核对。"]
    if not due.year_given:
        doubts.append("原文没有写年份,按前文或方案年份补上,请核对。")
    text = text_from(document.text, due.start, end)
    return MilestoneReading(
        due.due,
        document.printed(due.start, due.start + len(text)),
        span=document.origin(due.start, due.end),
        confidence=0.95 if not doubts else 0.65,
        doubts=tuple(doubts),
    )


def indicators_in(document: Document, segment: Span, dues: list[Due]) -> Iterator[IndicatorReading]:
    """The targets of a stretch of text, each with the year of its sentence."""
    starts = [due.start for due in dues]
    for start, end in sentences(document.text, *segment):
        for target in targets_in(document.text, start, end, quoted=document.quoted):
            if _inside_duty(document, target.start):
                continue
            index = bisect_right(starts, target.start) - 1
            if index < 0 or dues[index].start < target.clause_start:  # …达到95%(2025年底前)
                index = bisect_right(starts, min(target.clause_end, target.end + 11)) - 1
            dated = index >= 0 and dues[index].start >= start and dues[index].year_given
            yield IndicatorReading(
                document.printed(target.clause_start, target.clause_end),
                target.operator,
                target.value,
                target.unit
                if target.unit == "%"
                else document.printed(target.unit_start, target.unit_start + len(target.unit)),
                dues[index].due.year if dated else None,
                target.approximate,
                span=document.origin(target.clause_start, target.end),
                confidence=0.9 if target.sure else 0.6,
            )


def frequencies_in(document: Document, segment: Span) -> Iterator[FrequencyReading]:
    """Counted frequencies; a slogan or a mere 每年 is none."""
    for found in recurrences_in(document.text, *segment, quoted=document.quoted):
        if found.counted:
            yield FrequencyReading(
                document.printed(found.start, found.end),
                found.per,
                found.min_count,
                span=document.origin(found.start, found.end),
                confidence=0.92,
            )


def _inside_duty(document: Document, position: int) -> bool:
    return any(duty.end > position for duty in document.duties_between(max(0, position - 600), position + 1))


def years_named(document: Document, start: int, end: int) -> list[int]:
    """Years of the 2020s and 2030s named between two places."""
    return [int(found) for found in re.findall(r"20[2-3]\d(?=年)", document.text[start:end])]


def first_year_of(document: Document, period: tuple[date, date] | None, issued: str | None) -> int:
    """The year the plan begins: of its period, else of its signature, else the first year it names."""
    if period:
        return period[0].year
    if issued:
        return int(issued[:4])
    named = Counter(years_named(document, 0, len(document.text)))
    often = [year for year, count in named.items() if count * 4 >= named.total()]
    return min(often, default=next(iter(named), 2024))
