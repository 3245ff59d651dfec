"""Outside the tasks: stage goals (目标) and the duties of everybody (每半年听取一次汇报, 12月1日前报送总结)."""

import re
from collections.abc import Iterator
from datetime import date

from zhiben.core.text.dates import month_end

from .clauses import sentences
from .document import Document
from .frequencies import recurrences_in
from .ledger import GoalReading, ObligationReading, Period, Span
from .milestones import Due, deadlines_in
from .tasks import indicators_in

_DUTY_VERB = re.compile(
    "报送|上报|报告|报备|报至|报县|报市|报区|报州|报镇|报省|备案|总结|评估|通报|调度|听取|研究|汇报|召开|检查|督导|会商|研判|排查|制定|填报|反馈|自查|巡查|考核|公布|演练"
)
_YEARLY_DAY = re.compile(
    r"每年(?:的)?(?P<month>\d{1,2})月(?:(?P<day>\d{1,2})[日号]|底|末)|每(?P<per>季度|半年|月)(?:末|底|初)?(?:的)?(?:次月|首月|最后一个月)?(?P<of>\d{1,2})[日号]"
)
_PERIODS: dict[str, Period] = {"季度": "quarter", "半年": "half-year", "月": "month"}
_SLOGAN = re.compile(r"(?P<per>日|周|月|季|年)(?:度)?(?P<what>调度|通报|总结|报告|报送|会商|研判|研究|督查|督导|例会)")
_SLOGAN_PERIODS: dict[str, Period] = {"日": "day", "周": "week", "月": "month", "季": "quarter", "年": "year"}
_WHO_END = re.compile(r"(?:请|要|应当|应|须|需|必须|将)?(?:于|在|每|按|分别于|至少|定期)")
_TEXT_LIMIT = 120
_CLAUSE_REACH = 160


def goals_in(document: Document, start: int, end: int, first_year: int) -> Iterator[GoalReading]:
    """Each date of a goal section with what is to be reached by then."""
    dues = list(deadlines_in(document.text, start, end, first_year=first_year, quoted=document.quoted))
    for index, due in enumerate(dues):
        sentence_end = document.text.find("。", due.end, min(end, due.end + 600))
        stop = min(dues[index + 1].start if index + 1 < len(dues) else end, sentence_end if sentence_end >= 0 else end)
        begin = due.end
        lead_in = re.match("(?:之?前)?,?", document.text[begin:stop])
        begin += lead_in.end() if lead_in else 0
        while stop > begin and document.text[stop - 1] in ",;、\n":
            stop -= 1
        if stop - begin < 4:
            continue
        yield GoalReading(
            due.due,
            document.printed(begin, stop),
            tuple(indicators_in(document, (due.start, stop), [due])),
            span=document.origin(due.start, stop),
            confidence=0.9 if due.sure else 0.6,
        )


def obligations_in(document: Document, spans: list[Span], first_year: int) -> Iterator[ObligationReading]:
    """Dated or recurring duties in the parts of the document that hold neither tasks nor goals."""
    for span in spans:
        for start, end in sentences(document.text, *span):
            yield from _yearly_days(document, start, end, first_year)
            yield from _recurring(document, start, end)
            yield from _slogans(document, start, end)
            yield from _dated(document, start, end, first_year)


def _clause_of(document: Document, start: int, end: int, position: int) -> Span:
    """The clause around a place; a clause without any mark is cut at `_CLAUSE_REACH` either way."""
    begin = max(start, position - _CLAUSE_REACH)
    comma = document.text.rfind(",", begin, position)
    begin = comma + 1 if comma >= 0 else begin
    stop = min(end, position + _CLAUSE_REACH)
    comma = document.text.find(",", position, stop)
    return begin, comma if comma >= 0 else stop


def _who(document: Document, begin: int, position: int, sentence_start: int) -> str | None:
    """The subject before 每…, 于…: the nearest words of the clause, or of the clause before it."""
    for start, end in ((begin, position), (max(sentence_start, begin - _CLAUSE_REACH), begin)):
        words = document.text[start:end].strip(",、:")
        words = re.sub(r"(?:按照?|根据|坚持)?[“”\"]*$", "", words)
        words = re.sub(r"(?:请|要|应当|应|须|需|必须|将|并|分别|至少|原则上|于|在)+$", "", words)
        words = words.rsplit(",", 1)[-1]
        if 2 <= len(words) <= 40 and not _DUTY_VERB.search(words):
            offset = document.text.rfind(words, start, end)
            return document.printed(offset, offset + len(words))
    return None


def _yearly_days(document: Document, start: int, end: int, first_year: int) -> Iterator[ObligationReading]:
    for found in _YEARLY_DAY.finditer(document.text, start, end):
        begin, stop = _clause_of(document, start, end, found.start())
        if not _DUTY_VERB.search(document.text, begin, min(end, stop + 40)):
            continue
        stop = max(stop, min(end, _next_stop(document.text, stop, end)))
        due = None
        if found["month"] and 1 <= int(found["month"]) <= 12:
            month, day = int(found["month"]), int(found["day"] or 0)
            due = (
                month_end(first_year, month)
                if not day
                else date(first_year, month, min(day, month_end(first_year, month).day))
            )
        yield ObligationReading(
            document.printed(begin, stop)[:_TEXT_LIMIT],
            "year" if found["month"] else _PERIODS[found["per"]],
            due,
            1,
            _who(document, begin, found.start(), start),
            span=document.origin(begin, stop),
            confidence=0.85,
        )


def _next_stop(text: str, stop: int, end: int) -> int:
    """A date that stands alone before its comma (每年12月1日前,报送…) takes the next clause along."""
    if stop < end and text[stop] == ",":
        limit = min(end, stop + _CLAUSE_REACH)
        following = text.find(",", stop + 1, limit)
        return following if following >= 0 else limit
    return stop


def _recurring(document: Document, start: int, end: int) -> Iterator[ObligationReading]:
    for found in recurrences_in(document.text, start, end, quoted=document.quoted):
        begin, stop = _clause_of(document, start, end, found.start)
        if _YEARLY_DAY.match(document.text, found.start) or not (
            found.counted or _DUTY_VERB.search(document.text, begin, stop)
        ):
            continue
        stop = max(stop, found.end)
        yield ObligationReading(
            document.printed(begin, stop)[:_TEXT_LIMIT],
            found.per,
            None,
            found.min_count,
            _who(document, begin, found.start, start),
            span=document.origin(begin, stop),
            confidence=0.9 if found.counted else 0.6,
        )


def _slogans(document: Document, start: int, end: int) -> Iterator[ObligationReading]:
    """月调度、季通报、年总结, quoted as they mostly are."""
    for found in _SLOGAN.finditer(document.text, start, end):
        if found.start() and document.text[found.start() - 1] not in '“、"”一':
            continue
        begin, _ = _clause_of(document, start, end, found.start())
        yield ObligationReading(
            document.printed(*found.span()),
            _SLOGAN_PERIODS[found["per"]],
            None,
            1,
            _who(document, begin, found.start(), start),
            span=document.origin(*found.span()),
            confidence=0.6,
            doubts=("这是口号式的要求,请核对由谁、何时完成。",),
        )


def _dated(document: Document, start: int, end: int, first_year: int) -> Iterator[ObligationReading]:
    for due in deadlines_in(document.text, start, end, first_year=first_year, quoted=document.quoted):
        begin, stop = _clause_of(document, start, end, due.start)
        if stop - due.end <= 4:
            stop = max(stop, min(end, _next_stop(document.text, stop, end)))
        if document.text[max(0, due.start - 2) : due.start].endswith("每年") or not _DUTY_VERB.search(
            document.text, due.end, stop
        ):
            continue
        yield _dated_reading(document, due, begin, stop, start)


def _dated_reading(document: Document, due: Due, begin: int, stop: int, sentence_start: int) -> ObligationReading:
    return ObligationReading(
        document.printed(begin, stop)[:_TEXT_LIMIT],
        None,
        due.due,
        None,
        _who(document, begin, due.start, sentence_start),
        span=document.origin(begin, stop),
        confidence=0.85 if due.sure else 0.6,
    )
