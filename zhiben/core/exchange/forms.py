"""The bad rows as a form: each cell that is wrong an input with its sentence, the others folded away."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .declaration import Field
from .models import ANSWER, ImportRow, ImportRun

_BEFORE = "r"
"""`r12.mobile` is the cell of row 12 for the field mobile."""
_GROUPS_SHOWN, _ROWS_COMPARED = 10, 5000


@dataclass(frozen=True)
class MendingCell:
    name: str
    field: Field
    text: str
    sentence: str
    was: str
    """What stands in the file, where something else was put in its place."""

    @property
    def options(self) -> list[tuple[str, bool]]:
        """What may be chosen; what stands there now comes first when it is not among it."""
        labels = ["是", "否"] if self.field.kind == "yes_no" else [label for _, label in self.field.choices]
        known = self.field.kind in ("choice", "yes_no")
        shown = labels if self.text in labels or not known else [self.text, *labels]
        return [(label, label == self.text) for label in shown] if known else []


@dataclass(frozen=True)
class MendingQuestion:
    name: str
    sentence: str
    options: list[tuple[str, str, bool]]
    """(value, label, is chosen)"""


@dataclass(frozen=True)
class MendingRow:
    row: ImportRow
    wrong: list[MendingCell]
    others: list[MendingCell]
    sentences: list[str]
    """About the row as a whole."""
    questions: list[MendingQuestion]


def mending_rows(run: ImportRun, rows: Iterable[ImportRow], typed: Mapping[str, str]) -> list[MendingRow]:
    """`typed`: what a refused form held, shown again."""
    mapped = set(run.columns.values())
    fields = [field for field in run.target.fields if field.name in mapped]
    return [_mending_row(row, fields, typed) for row in rows]


def _mending_row(row: ImportRow, fields: list[Field], typed: Mapping[str, str]) -> MendingRow:
    cells = [_cell(row, field, typed) for field in fields]
    known = {field.name for field in fields}
    general = [sentence for name, sentence in row.problems if name not in known]
    wrong = [cell for cell in cells if cell.sentence]
    questions = [_question(row, name, sentence, options, typed) for name, sentence, options in row.questions]
    return MendingRow(row, wrong, [cell for cell in cells if not cell.sentence], general, questions)


def _question(
    row: ImportRow, name: str, sentence: str, options: list[list[str]], typed: Mapping[str, str]
) -> MendingQuestion:
    place = f"{_BEFORE}{row.number}.{ANSWER}{name}"
    chosen = typed.get(place, row.mended.get(f"{ANSWER}{name}", ""))
    return MendingQuestion(place, sentence, [(value, label, value == chosen) for value, label in options])


def _cell(row: ImportRow, field: Field, typed: Mapping[str, str]) -> MendingCell:
    name = f"{_BEFORE}{row.number}.{field.name}"
    was = str(row.cells.get(field.name, "")) if field.name in row.mended else ""
    return MendingCell(name, field, typed.get(name, row.text_of(field.name)), row.sentence_of(field.name), was)


def changes_of(posted: Mapping[str, Any]) -> dict[int, dict[str, str]]:
    """Row number → field → text."""
    changes: dict[int, dict[str, str]] = {}
    for name, text in posted.items():
        number, dot, field = name.removeprefix(_BEFORE).partition(".")
        if name.startswith(_BEFORE) and dot and number.isdecimal() and len(number) < 10:
            changes.setdefault(int(number), {})[field] = text
    return changes


@dataclass(frozen=True)
class Alike:
    """The same wrong text in the same column of several rows: put right once for all of them."""

    place: int
    field: Field
    text: str
    count: int
    sentence: str


def alike_cells(run: ImportRun) -> list[Alike]:
    """The most frequent first; what is wrong only once is mended in its row."""
    fields = {field.name: field for field in run.target.fields}
    found: dict[tuple[str, str], list[str]] = {}
    for row in run.rows.filter(is_bad=True)[:_ROWS_COMPARED]:
        for name, sentence in row.problems:
            if name in fields and row.text_of(name):
                found.setdefault((name, row.text_of(name)), []).append(sentence)
    often = sorted((each for each in found.items() if len(each[1]) > 1), key=lambda each: -len(each[1]))
    return [
        Alike(place, fields[name], text, len(sentences), sentences[0])
        for place, ((name, text), sentences) in enumerate(often[:_GROUPS_SHOWN])
    ]


def changes_alike(run: ImportRun, posted: Mapping[str, Any]) -> dict[int, dict[str, str]]:
    """Row number → field → text, for every row that has a text for which another was given."""
    wanted: dict[tuple[str, str], str] = {}
    for place in range(_GROUPS_SHOWN):
        old, new = posted.get(f"old{place}"), posted.get(f"new{place}", "").strip()
        if old is not None and new and new != old:
            wanted[posted.get(f"field{place}", ""), old] = new
    changes: dict[int, dict[str, str]] = {}
    for row in run.rows.filter(is_bad=True) if wanted else ():
        for name, _ in row.problems:
            if (name, row.text_of(name)) in wanted:
                changes.setdefault(row.number, {})[name] = wanted[name, row.text_of(name)]
    return changes


@dataclass(frozen=True)
class AskedAlike:
    """An answer that several rows offer: given once for all of them."""

    name: str
    """`?same=new`: question and value."""
    label: str
    count: int


def asked_alike(run: ImportRun) -> list[AskedAlike]:
    counts: Counter[tuple[str, str, str]] = Counter()
    for row in run.rows.filter(is_bad=True)[:_ROWS_COMPARED]:
        counts.update((name, value, label) for name, _, options in row.open_questions for value, label in options)
    often = [each for each in counts.most_common(_GROUPS_SHOWN) if each[1] > 1]
    return [AskedAlike(f"{ANSWER}{name}={value}", label, count) for (name, value, label), count in often]


def changes_answered(run: ImportRun, posted: Mapping[str, Any]) -> dict[int, dict[str, str]]:
    """Row number → question → the answer given for all rows that offer it and have none yet."""
    name, equals, value = posted.get("answer_all", "").removeprefix(ANSWER).partition("=")
    changes: dict[int, dict[str, str]] = {}
    for row in run.rows.filter(is_bad=True) if equals else ():
        for asked, _, options in row.open_questions:
            if asked == name and value in {each for each, _ in options}:
                changes[row.number] = {f"{ANSWER}{name}": value}
    return changes


def whole_number(text: str | None) -> int:
    """0 for what is no number."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else 0
