"""The fields of a kind beside what they hold just now, for the page that explains them."""

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .kinds import DocumentKind, FieldRow, fields_of
from .letterhead import LetterheadText
from .words import written

_SHOWN = 60


@dataclass(frozen=True)
class Explained:
    row: FieldRow
    now: str
    """Its value just now; of a list, how many; within a list, that of the first member."""


def explained(kind: DocumentKind, live: Any | None, letterhead: LetterheadText) -> list[tuple[str, list[Explained]]]:
    """(heading, rows): the kind's own fields, then those of the letterhead. `live` is None where there is no data."""
    own = [Explained(row, "" if live is None else _now(row.path, row.kind, live)) for row in fields_of(kind.context)]
    return [(kind.title, own), ("版头和版记", list(_of_letterhead(letterhead)))]


def _of_letterhead(letterhead: LetterheadText) -> Iterator[Explained]:
    for row in fields_of(LetterheadText):
        named = dataclasses.replace(row, path=f"letterhead.{row.path}")
        yield Explained(named, written(getattr(letterhead, row.path)))


def _now(path: str, kind: str, live: Any) -> str:
    """The path names members of a list by what the examples call them, so it is found field by field from the top."""
    value = _value(path, live)
    if kind == "清单":
        return f"共 {len(value)} 项" if isinstance(value, Sequence) else ""
    if value is None or kind == "一组":
        return ""
    shown = str(written(value))
    return f"{shown[:_SHOWN]}…" if len(shown) > _SHOWN else shown


def _value(path: str, live: Any) -> Any:
    wanted = {row.path: row for row in fields_of(type(live))}
    value: Any = live
    for name in _steps(path, wanted):
        if isinstance(value, Sequence) and not isinstance(value, str):
            value = value[0] if value else None
        if value is None:
            return None
        value = getattr(value, name)
    return value


def _steps(path: str, rows: dict[str, FieldRow]) -> list[str]:
    """`duty.title` below `unit.duties` below `units` → units, duties, title."""
    order = list(rows.values())
    place = next(number for number, row in enumerate(order) if row.path == path)
    steps, depth = [path.rpartition(".")[2]], order[place].depth
    for row in reversed(order[:place]):
        if row.depth < depth:
            steps.append(row.path.rpartition(".")[2])
            depth = row.depth
    return steps[::-1]
