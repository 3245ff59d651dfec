"""Tasks out of the rows of a task table."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from .document import Document
from .ledger import ActionReading, DepartmentReading, Role, TaskReading
from .milestones import deadlines_in
from .responsibility import units_listed
from .tables import Cell, Table
from .tasks import Rules, frequencies_in, indicators_in, milestone_of

_LEADING_NUMBER = re.compile(
    r"(?:\((?P<bracketed>[一二三四五六七八九十]{1,3}|\d{1,3})\)|(?P<plain>[一二三四五六七八九十]{1,3}(?=[、.])|\d{1,3}(?=[、.](?!\d))))[、.]?"
)
_ROLES: dict[str, Role] = {"lead": "lead", "participant": "participant", "responsible": "responsible"}


@dataclass
class _Row:
    """One task's cells, gathered over the rows it spans."""

    number: Cell | None = None
    action: Cell | None = None
    texts: list[Cell] = field(default_factory=list)
    units: list[Cell] = field(default_factory=list)
    times: list[Cell] = field(default_factory=list)


def _rows(table: Table) -> Iterator[_Row]:
    """A task begins where its anchor cell begins: the task column's, or the number's where that one parts finer."""
    counts = {
        kind: sum(
            cell.kind == kind and not cell.continued and cell.start < cell.end for row in table.rows for cell in row
        )
        for kind in ("number", "task", "detail")
    }
    anchor = "task" if counts["task"] >= max(1, counts["number"]) else "number" if counts["number"] else "detail"
    action: Cell | None = None
    current: _Row | None = None
    for cells in table.rows:
        action = next((cell for cell in cells if cell.kind == "action" and cell.start < cell.end), action)
        if all(cell.kind == "action" for cell in cells):
            continue
        begins = any(cell.kind == anchor and not cell.continued and cell.start < cell.end for cell in cells)
        if begins or current is None:
            if current:
                yield current
            current = _Row(action=action)
        for cell in cells:
            if cell.start >= cell.end or (cell.continued and not begins):
                continue
            if cell.kind == "number":
                current.number = current.number or cell
            elif cell.kind in ("task", "detail"):
                current.texts.append(cell)
            elif cell.kind in _ROLES:
                current.units.append(cell)
            elif cell.kind == "time":
                current.times.append(cell)
    if current:
        yield current


def tasks_of_table(document: Document, table: Table, rules: Rules) -> tuple[list[TaskReading], list[ActionReading]]:
    """The tasks of a table and the actions its rows are grouped by."""
    tasks: list[TaskReading] = []
    actions: list[ActionReading] = []
    for row in _rows(table):
        if not row.texts:
            continue
        ordinal = None
        if row.action:
            action = _action(document, row.action)
            if not actions or actions[-1].span != action.span:
                actions.append(action)
            ordinal = action.ordinal or None
        tasks.append(_task(document, row, ordinal, rules))
    return tasks, actions


def _action(document: Document, cell: Cell) -> ActionReading:
    number = _LEADING_NUMBER.match(document.text, cell.start, cell.end)
    start = number.end() if number else cell.start
    ordinal = "" if not number else f"({number['bracketed']})" if number["bracketed"] else number["plain"]
    return ActionReading(
        ordinal, document.printed(start, cell.end), span=document.origin(cell.start, cell.end), confidence=0.85
    )


def _task(document: Document, row: _Row, ordinal: str | None, rules: Rules) -> TaskReading:
    text = document.text
    first = min(row.texts, key=lambda cell: (cell.kind != "task", cell.start))
    number, start = _number(document, row, first)
    stop = min(
        (at for at in (text.find("。", start, first.end), text.find("\n", start, first.end)) if at >= 0),
        default=first.end,
    )
    spans = [(cell.start, cell.end) for cell in (*row.texts, *row.times)]
    dues = [
        due
        for begin, end in spans
        for due in deadlines_in(text, begin, end, first_year=rules.first_year, quoted=document.quoted)
    ]
    last = max(end for _, end in spans)
    doubts = () if row.units else ("表格的这一行没有读到责任单位,请核对。",)
    return TaskReading(
        number=number,
        title=document.printed(start, stop),
        span=document.origin(first.start, stop),
        body_span=document.origin(
            min(cell.start for cell in (*row.texts, *row.units)),
            max(last, *(c.end for c in row.units)) if row.units else last,
        ),
        content="\n".join(document.printed(cell.start, cell.end) for cell in row.texts),
        action_ordinal=ordinal,
        departments=tuple(_departments(document, row)),
        milestones=tuple(milestone_of(document, due, max(due.end, last)) for due in dues),
        indicators=tuple(
            found for cell in row.texts for found in indicators_in(document, (cell.start, cell.end), dues)
        ),
        frequencies=tuple(
            found for cell in (*row.texts, *row.times) for found in frequencies_in(document, (cell.start, cell.end))
        ),
        confidence=0.9 if not doubts else 0.7,
        doubts=doubts,
    )


def _number(document: Document, row: _Row, first: Cell) -> tuple[str, int]:
    """The row's own number, else the one its text begins with."""
    leading = _LEADING_NUMBER.match(document.text, first.start, first.end)
    start = leading.end() if leading and leading.end() < first.end else first.start
    if row.number:
        return document.text[row.number.start : row.number.end].strip(" .、\n"), start
    if leading:
        return (f"({leading['bracketed']})" if leading["bracketed"] else leading["plain"]), start
    return "", start


def _departments(document: Document, row: _Row) -> Iterator[DepartmentReading]:
    seen: set[tuple[str, str]] = set()
    for cell in row.units:
        for unit in units_listed(document.text, cell.start, cell.end, _ROLES[cell.kind]):
            name = document.printed(unit.start, unit.end)
            if (name, unit.role) not in seen:
                seen.add((name, unit.role))
                yield DepartmentReading(name, unit.role, span=document.origin(unit.start, unit.end), confidence=0.95)


def merged(prose: list[TaskReading], rows: list[TaskReading]) -> list[TaskReading]:
    """An annexed table that repeats the tasks of the text fills in what they lack; one with tasks of its own adds them."""
    if not prose:
        return rows
    by_title = {_key(task.title): index for index, task in enumerate(prose)}
    result = list(prose)
    strangers: list[TaskReading] = []
    for row in rows:
        index = by_title.get(_key(row.title))
        if index is None:
            strangers.append(row)
        elif not result[index].departments:
            milestones = result[index].milestones or row.milestones
            result[index] = replace(result[index], departments=row.departments, milestones=milestones)
    return result + strangers if len(strangers) > len(rows) / 2 else result


def _key(title: str) -> str:
    return re.sub(r"[^一-鿿0-9A-Za-z]", "", title)[:12]
