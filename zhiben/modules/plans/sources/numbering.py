"""Automatic numbering of Word (numbering.xml) made visible: real plans seldom type “一、” and “(一)” by hand.

ECMA-376 part 1, 17.9. A paragraph names a list (`w:numId`) and a level (`w:ilvl`), itself or by its style. A list
is an instance of an abstract list; instances of the same abstract list go on counting together unless one
overrides the start.
"""

import re
from dataclasses import dataclass

from lxml import etree

from .number_formats import written
from .package import WORD
from .styles import Styles, value_of

_LEVELS = 9


def _w(name: str) -> str:
    return f"{{{WORD}}}{name}"


@dataclass(frozen=True)
class _Level:
    start: int
    number_format: str
    pattern: str  # e.g. "(%1)" or "%1.%2"
    restarts_after: int | None  # `w:lvlRestart`: 0 = never; None = after any higher level
    all_decimal: bool
    suffix: str

    @classmethod
    def read(cls, element: etree._Element) -> "_Level":
        restart = value_of(element, "lvlRestart")
        return cls(
            start=_number(value_of(element, "start"), 1),
            number_format=value_of(element, "numFmt") or "decimal",
            pattern=value_of(element, "lvlText") or "",
            restarts_after=_number(restart, 0) if restart is not None else None,
            all_decimal=element.find(_w("isLgl")) is not None,
            suffix=value_of(element, "suff") or "tab",
        )


class Numbering:
    """Hands out the printed number of each paragraph, in document order."""

    def __init__(self, tree: etree._Element | None, styles: Styles) -> None:
        self._styles = styles
        self._abstract: dict[str, dict[int, _Level]] = {}
        self._lists: dict[str, str] = {}  # numId → abstractNumId
        self._overrides: dict[str, dict[int, int]] = {}  # numId → level → start
        self._own_levels: dict[str, dict[int, _Level]] = {}  # levels redefined by an instance
        self._style_levels: dict[tuple[str, str], int] = {}  # (abstractNumId, style) → level
        self._counters: dict[str, list[int | None]] = {}  # by abstractNumId
        self._begun: set[tuple[str, int]] = set()  # (numId, level) whose override was applied
        if tree is not None:
            self._read(tree)

    def number(self, properties: etree._Element | None) -> str:
        """The number in front of the paragraph with these `w:pPr`; "" for one without, and for bullets."""
        list_id, level = self._styles.list_of(properties)
        if list_id is None or list_id not in self._lists:
            return ""
        abstract_id = self._lists[list_id]
        if level is None:
            style = self._styles.style_of(properties)
            level = next(
                (
                    at
                    for name in self._styles.ancestry(style)
                    if (at := self._style_levels.get((abstract_id, name))) is not None
                ),
                0,
            )
        levels = self._abstract.get(abstract_id, {}) | self._own_levels.get(list_id, {})
        if level not in levels:
            return ""
        self._count(list_id, abstract_id, level, levels)
        return self._printed(self._counters[abstract_id], level, levels)

    def _read(self, tree: etree._Element) -> None:
        linked: dict[str, str] = {}
        for abstract in tree.iter(_w("abstractNum")):
            abstract_id = abstract.get(_w("abstractNumId"), "")
            if (style := value_of(abstract, "numStyleLink")) is not None:
                linked[abstract_id] = style
            levels = self._abstract.setdefault(abstract_id, {})
            for element in abstract.iter(_w("lvl")):
                at = min(_number(element.get(_w("ilvl")), 0), _LEVELS - 1)
                levels[at] = _Level.read(element)
                if (style := value_of(element, "pStyle")) is not None:
                    self._style_levels[abstract_id, style] = at
        for instance in tree.iter(_w("num")):
            list_id = instance.get(_w("numId"), "")
            self._lists[list_id] = value_of(instance, "abstractNumId") or ""
            for override in instance.iter(_w("lvlOverride")):
                at = _number(override.get(_w("ilvl")), 0)
                if (start := value_of(override, "startOverride")) is not None:
                    self._overrides.setdefault(list_id, {})[at] = _number(start, 1)
                if (element := override.find(_w("lvl"))) is not None:
                    self._own_levels.setdefault(list_id, {})[at] = _Level.read(element)
        for abstract_id, style in linked.items():  # an abstract list that only points at a numbering style
            list_id = self._styles.list_of_style(style)
            if list_id in self._lists:
                self._abstract[abstract_id] = self._abstract.get(self._lists[list_id], {})

    def _count(self, list_id: str, abstract_id: str, level: int, levels: dict[int, _Level]) -> None:
        counters = self._counters.setdefault(abstract_id, [None] * _LEVELS)
        override = self._overrides.get(list_id, {}).get(level)
        if override is not None and (list_id, level) not in self._begun:
            self._begun.add((list_id, level))
            counters[level] = override
        else:
            current = counters[level]
            counters[level] = levels[level].start if current is None else current + 1
        for lower in range(level + 1, _LEVELS):
            restarts_after = levels[lower].restarts_after if lower in levels else None
            if restarts_after is None or level < restarts_after:
                counters[lower] = None

    @staticmethod
    def _printed(counters: list[int | None], level: int, levels: dict[int, _Level]) -> str:
        own = levels[level]
        if own.number_format == "bullet":
            return ""

        def counter(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            if at not in levels:
                return ""
            value = counters[at] if at <= level else None
            number_format = "decimal" if own.all_decimal else levels[at].number_format
            return written(levels[at].start if value is None else value, number_format)

        text = re.sub(r"%([1-9])", counter, own.pattern).strip()
        # "1." directly before "2024年" would read as a decimal fraction.
        needs_space = own.suffix != "nothing" and text[-1:].isascii() and (text[-1:].isalnum() or text.endswith("."))
        return text + " " if text and needs_space else text


def _number(text: str | None, default: int) -> int:
    return int(text) if text is not None and text.isdecimal() else default
