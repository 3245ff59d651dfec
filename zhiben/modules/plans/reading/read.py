"""Read a plan: text in, ledger out. Deterministic, and linear in the length of the text.

source → clean text → paragraphs → outline → zones → actions and tasks → what each of them says
"""

import re

from zhiben.core.text.mapped import MappedText
from zhiben.core.text.normal import normalised

from . import metadata
from .clauses import Quoted
from .document import Document
from .duties import duties_in
from .flat_tables import flattened
from .goals import goals_in, obligations_in
from .ledger import ActionReading, DepartmentReading, Ledger, MetadataReading, Span, TaskReading
from .lines import lines_of, paragraphs_of
from .markup import cells_in_markup, without_markup
from .outline import Item, outline_of
from .responsibility import default_names, first_place_rule
from .source import SourceText
from .structure import Structure
from .table_tasks import merged, tasks_of_table
from .tables import Table, tables_of_blocks
from .tasks import Rules, first_year_of, read_task, title_span
from .vocabulary import NOT_A_PLAN_TITLE
from .zones import Zones, short_title, zones_of

_OPENING = 30  # characters


def read_plan(source: SourceText) -> Ledger:
    """The ledger of one document. A document without tasks gives an empty ledger that says so."""
    document, cells, tables = documents_of(source)
    head_end = _head_end(document)
    title = metadata.title_of(document, head_end)
    zones = zones_of(document.root, document.text, document.carries_duty_anywhere, metadata.looks_like_plan(title))
    if _tells_of_the_past(document, head_end, title):
        zones = Zones(rest=zones.rest + zones.tasks + zones.goals)
    signed, dated = metadata.signature_of(document, head_end)
    dated = dated or metadata.labelled_date(document, head_end)
    period = metadata.period_of(document, head_end, signed_year=int(dated.value[:4]) if dated else None)
    first_year = first_year_of(document, period[:2] if period else None, dated.value if dated else None)
    rules = Rules(first_year, _first_place_rule(document))
    structure = _structure(document, zones)
    tasks = _tasks(document, structure, zones, rules)
    actions = [_action(document, item) for item in structure.actions]
    for table in tables:
        rows, groups = tasks_of_table(cells, table, rules)
        actions = actions or groups
        tasks = merged(tasks, rows)
    outside = _outside(document, zones)
    return Ledger(
        title=title,
        doc_no=metadata.document_number_of(document, head_end),
        issuer=metadata.issuer_of(document, head_end, signed),
        issue_date=dated,
        period=(period[0], period[1]) if period else None,
        period_reading=_period_reading(document, period[2]) if period else None,
        actions=tuple(actions),
        tasks=tuple(tasks),
        goals=tuple(goal for item in zones.goals for goal in goals_in(document, item.start, item.end, first_year)),
        obligations=tuple(obligations_in(document, outside, first_year)),
        default_departments=tuple(_default_departments(document)),
        doubts=tuple(_doubts(document, zones, tasks)),
    )


def documents_of(source: SourceText) -> tuple[Document, Document, list[Table]]:
    """The prose with its outline and its duties; the lines with the task tables taken out of it."""
    original = MappedText.of(source.text)
    blocks = source.blocks or cells_in_markup(source.text)
    lines = lines_of(normalised(without_markup(original)))
    tables = list(tables_of_blocks(lines, blocks))
    if not tables:
        lines, tables = flattened(lines)
    mapped = paragraphs_of(lines, {index for table in tables for index in table.lines})
    root = outline_of(mapped, lines.gaps)
    duties = list(duties_in(mapped.text, sorted(item.start for item in root.walk())))
    prose = Document(mapped, lines.gaps, root, duties, Quoted(mapped.text))
    return prose, Document(lines.text, lines.gaps, root, [], Quoted(lines.text.text)), tables


def _head_end(document: Document) -> int:
    """Where the plan's sections begin: the first 一、 of the run of sections that holds the most text."""
    sections = [item for item in document.root.children if item.style in ("一、", "chapter", "word", "ordinal")]
    if sections and sections[0].start < _OPENING and all(item.head_end > item.start for item in sections):
        return len(document.text)  # 附件 | a title | a table: an annex by itself
    if not sections:
        return document.root.children[0].start if document.root.children else len(document.text)
    runs: list[list[Item]] = []
    for item in sections:
        if not runs or item.value == 1 or (item.style == "word" and item.head_end > item.start):
            runs.append([])
        runs[-1].append(item)
    longest = max(runs, key=lambda run: run[-1].end - run[0].start)
    return longest[0].start


def _tells_of_the_past(document: Document, head_end: int, title: MetadataReading | None) -> bool:
    """A report, a bulletin or an interpretation: its title ends with 总结, 通报, 解读…, and no line is a plan's title."""
    if metadata.looks_like_plan(title) and title and title.confidence >= metadata.OWN_TITLE:
        return False
    sections = [short_title(document.text, item) for item in document.root.children[:40]]
    if any(
        re.search("存在的?(?:主要)?(?:问题|困难|不足)|主要做法|主要成效|取得的?成效|开展情况|进展情况|下一?步", one)
        for one in sections
    ):
        return True
    for start, end in list(document.paragraphs(0, max(head_end, 600)))[:30]:
        line = document.text[start : min(end, start + 80)].split("一、")[0].rstrip("。 ")
        if len(line) <= 60 and NOT_A_PLAN_TITLE.search(line) and re.search("安全|行动|整治|攻坚|隐患", line):
            return "关于印发" not in line and "," not in line
    return False


def _structure(document: Document, zones: Zones) -> Structure:
    structure = Structure(
        document.carries_duty,
        lambda item: document.text[slice(*title_span(document, item))],
        lambda item: item.own_end() - title_span(document, item)[1],
    )
    for section in zones.tasks:
        structure.read(section)
    return structure


def _tasks(document: Document, structure: Structure, zones: Zones, rules: Rules) -> list[TaskReading]:
    ends = {section.end for section in zones.tasks}
    return [read_task(document, place, rules, place.item.end in ends) for place in structure.tasks]


def _action(document: Document, item: Item) -> ActionReading:
    start, end = title_span(document, item)
    return ActionReading(
        item.printed or "", document.printed(start, end), span=document.origin(item.start, end), confidence=0.95
    )


def _first_place_rule(document: Document) -> int | None:
    """From the bracket that states the rule; from the beginning where it is stated outside the tasks."""
    place = first_place_rule(document.text)
    if place is None:
        return None
    inside = [duty for duty in document.duties if duty.start <= place < duty.end]
    return inside[0].start if inside else 0


def _outside(document: Document, zones: Zones) -> list[Span]:
    """The stretches of text that hold neither tasks nor goals."""
    taken = sorted((item.start, item.end) for item in (*zones.tasks, *zones.goals) if item.style != "zone")
    taken += [(child.start, child.end) for item in zones.tasks if item.style == "zone" for child in item.children]
    spans: list[Span] = []
    at = 0
    for start, end in sorted(taken):
        if start > at:
            spans.append((at, start))
        at = max(at, end)
    spans.append((at, len(document.text)))
    return spans


def _default_departments(document: Document) -> list[DepartmentReading]:
    return [
        DepartmentReading(document.printed(unit.start, unit.end), unit.role, span=document.origin(unit.start, unit.end))
        for unit in default_names(document.text)
    ]


def _period_reading(document: Document, span: Span) -> MetadataReading:
    return MetadataReading(document.printed(*span), span=document.origin(*span), confidence=0.95)


def _doubts(document: Document, zones: Zones, tasks: list[TaskReading]) -> list[str]:
    doubts: list[str] = []
    if not tasks:
        doubts.append("这份文件没有读到任务。如果它确实是方案,请检查任务部分是否带有序号。")
    elif zones.eliminated:
        doubts.append("文件没有写明哪一部分是任务,任务是按责任单位和标题推定的,请逐条核对。")
    return doubts
