"""Tags and marks that are not part of the text: HTML and Markdown left in what was saved as plain text.

A file that really is HTML or docx comes with its cells as blocks; here the raw marks themselves are in the text.
Every edit keeps the map back to the original, so spans still point into the text as it came.
"""

import re
from collections.abc import Iterator
from html import unescape

from zhiben.core.text.mapped import Edit, MappedText

from .source import Block

_HTML = re.compile(r"<(?:/?(?:p|div|br|td|tr|table|span|h\d|li|body|html|strong|b)\b)", re.I)
_TOKEN = re.compile(
    r"<(?P<hidden>script|style|head|title|noscript|select|template)\b[^>]{0,2000}>"
    r"|<!--|<(?P<close>/?)(?P<tag>[a-zA-Z][a-zA-Z0-9:]{0,20})(?P<attributes>[^<>]{0,4000})>|<![^>]{0,500}>"
    r"|&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,12});"
)
_BLOCK_TAGS = frozenset(
    [
        "p",
        "div",
        "br",
        "tr",
        "table",
        "tbody",
        "thead",
        "ul",
        "ol",
        "li",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "section",
        "article",
        "header",
        "footer",
        "body",
        "html",
        "dl",
        "dt",
        "dd",
        "td",
        "th",
        "form",
        "hr",
        "blockquote",
        "pre",
        "center",
        "title",
        "caption",
        "nav",
        "main",
        "aside",
        "option",
    ]
)
_MARKDOWN_LINE = re.compile(r"^[ \t\u3000]{0,4}(?:#{1,6}[ \t]+|>[ \t]?|[-*+][ \t]+(?=\S)|(?:[-*_][ \t]*){3,}$)", re.M)
_MARKDOWN_INLINE = re.compile(r"\*\*|__|(?<=\d)\\(?=[.)])|`|~~")


def has_html(text: str) -> bool:
    """At least two real tags in the text.

    >>> has_html("<p>一、总体要求</p>"), has_html("压力<0.5MPa,温度>60")
    (True, False)
    """
    found = _HTML.search(text)
    return found is not None and _HTML.search(text, found.end()) is not None


def without_html(source: MappedText) -> MappedText:
    """Tags out, block tags to line ends, entities to characters; scripts, styles and the page head disappear.

    White space of the HTML source means nothing: a line end inside a paragraph is a space there.

    >>> without_html(MappedText.of("<p>一、总体<b>要求</b></p><p>A&amp;B</p>")).text
    '\\n一、总体要求\\n\\nA&B\\n'
    """
    text = source.text
    edits: list[Edit] = []
    unclosed: set[str] = set()
    counts = _ListCounts(text)
    tagged = _tags_carry_the_lines(text)
    at = 0
    while match := _TOKEN.search(text, at):
        if tagged:
            edits += _line_ends_as_spaces(text, at, match.start())
        start, end = match.span()
        if match["hidden"]:
            end = _closing(text, f"</{match['hidden']}", end, unclosed)
            edits.append((start, end, "\n"))
        elif match.group() == "<!--":
            end = _closing(text, "--", end, unclosed)
            edits.append((start, end, ""))
        elif match["tag"]:
            number = counts.number_at(match)
            edits.append((start, end, "\n" + number if match["tag"].lower() in _BLOCK_TAGS else ""))
        elif match.group()[0] == "&":
            edits.append((start, end, unescape(match.group()).replace("\xa0", " ")[:1] or " "))
        else:
            edits.append((start, end, ""))
        at = end
    if tagged:
        edits += _line_ends_as_spaces(text, at, len(text))
    return source.edited(edits)


_LIST_VALUE = re.compile(r"(?:start|value)\s*=\s*[\"']?(\d{1,4})", re.I)
_NUMBERED_ITSELF = re.compile(
    r"(?:\s|<[^<>]{0,300}>){0,20}[(\uff08]?[\d\uff10-\uff19一二三四五六七八九十]{1,4}[.、\uff0e)\uff09]"
)


class _ListCounts:
    """The numbers that a browser puts before the items of <ol>, and a reader of the page sees.

    >>> without_html(MappedText.of("<ol start='3'><li>排查隐患。</li><li>推进治理。</li></ol>")).text.split()
    ['3.排查隐患。', '4.推进治理。']
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.open: list[int | None] = []

    def number_at(self, match: re.Match[str]) -> str:
        """What stands before the item that this tag opens; empty for every other tag."""
        tag = match["tag"].lower()
        if tag in ("ol", "ul"):
            if match["close"]:
                del self.open[-1:]
            else:
                first = _LIST_VALUE.search(match.group())
                self.open.append(None if tag == "ul" else int(first[1]) - 1 if first else 0)
        if tag != "li" or match["close"] or not self.open or (count := self.open[-1]) is None:
            return ""
        own = _LIST_VALUE.search(match.group())
        self.open[-1] = int(own[1]) if own else count + 1
        return "" if _NUMBERED_ITSELF.match(self.text, match.end()) else f"{self.open[-1]}."


def _closing(text: str, mark: str, at: int, unclosed: set[str]) -> int:
    """The end of what `mark`…> closes; `at` where it is never closed (asked once, so that time stays linear)."""
    if mark in unclosed:
        return at
    found = re.compile(re.escape(mark) + "[^>]{0,200}>", re.I).search(text, at)
    if found is None:
        unclosed.add(mark)
    return found.end() if found else at


def _tags_carry_the_lines(text: str) -> bool:
    """Block tags, not line ends, make the paragraphs."""
    return len(re.findall(r"</p>|<br|</div>|</li>|</tr>|</h\d>", text, re.I)) * 4 >= text.count("\n")


_LINE_END = re.compile(r"[ \t]*[\r\n]+[ \t]*")


def _line_ends_as_spaces(text: str, start: int, end: int) -> list[Edit]:
    """Only where tags carry the structure; a blank line still ends a paragraph (text pasted between tags)."""
    edits: list[Edit] = []
    for match in _LINE_END.finditer(text, start, end):
        breaks = match.group().count("\n")
        edits.append((match.start(), match.end(), "\n" if breaks > 1 else " "))
    return edits


def has_markdown(text: str) -> bool:
    """Headings with # or several bold marks.

    >>> has_markdown("## 一、总体要求"), has_markdown("C# 项目")
    (True, False)
    """
    return re.search(r"^[ \t]{0,3}#{1,6}[ \t]+\S", text, re.M) is not None or text.count("**") >= 4


def without_markdown(source: MappedText) -> MappedText:
    """Heading, quotation, list and emphasis marks out; every heading on a line of its own.

    >>> without_markdown(MappedText.of("## 一、总体要求\\n**1. 压实责任**。")).text
    '一、总体要求\\n1. 压实责任。'
    """
    text = source.text
    edits = [(match.start(), match.end(), "") for match in _MARKDOWN_LINE.finditer(text)]
    edits += [(match.start(), match.end(), "") for match in _RULE_ROW.finditer(text)]
    taken = {edit[0] for edit in edits}
    for match in _MARKDOWN_INLINE.finditer(text):
        if match.start() not in taken:
            edits.append((match.start(), match.end(), ""))
    edits.sort()
    return source.edited(_without_overlap(edits))


def _without_overlap(edits: list[Edit]) -> list[Edit]:
    kept: list[Edit] = []
    for edit in edits:
        if not kept or edit[0] >= kept[-1][1]:
            kept.append(edit)
    return kept


def without_markup(source: MappedText) -> MappedText:
    """The text without any marks; unchanged where there are none."""
    if has_html(source.text):
        source = without_html(source)
    if has_markdown(source.text):
        source = without_markdown(source)
    return source


_CELL_TAG = re.compile(r"<(?P<close>/?)(?P<tag>table|tr|td|th)\b(?P<attributes>[^<>]{0,2000})>", re.I)
_SPAN = {name: re.compile(rf"{name}\s*=\s*[\"']?(\d{{1,3}})", re.I) for name in ("rowspan", "colspan")}


def cells_in_markup(text: str) -> tuple[Block, ...]:
    """The cells of HTML tables and Markdown tables whose marks stand in the text itself."""
    if has_html(text):
        return tuple(_html_cells(text))
    return tuple(_markdown_cells(text)) if "|" in text else ()


def _html_cells(text: str) -> Iterator[Block]:
    """Cells of the innermost tables, with their columns counted past merged cells."""
    table_count = 0
    open_tables: list[_OpenTable] = []
    for match in _CELL_TAG.finditer(text):
        tag, closing = match["tag"].lower(), bool(match["close"])
        if tag == "table":
            if closing and open_tables:
                yield from open_tables.pop().close(match.start())
            elif not closing:
                open_tables.append(_OpenTable(table_count))
                table_count += 1
        elif open_tables:
            table = open_tables[-1]
            yield from table.close(match.start())
            if tag == "tr" and not closing:
                table.next_row()
            elif not closing:
                spans = [_SPAN[name].search(match["attributes"]) for name in ("rowspan", "colspan")]
                table.open(match.end(), *(int(span.group(1)) if span else 1 for span in spans))


class _OpenTable:
    """A table while its tags are read: where the next cell goes."""

    def __init__(self, index: int) -> None:
        self.index, self.row = index, -1
        self.cell: tuple[int, int, int, int] | None = None
        self.taken: set[tuple[int, int]] = set()
        self.column = 0

    def next_row(self) -> None:
        self.row, self.column = self.row + 1, 0

    def open(self, start: int, row_span: int, column_span: int) -> None:
        while (self.row, self.column) in self.taken:
            self.column += 1
        self.cell = (start, self.column, max(1, row_span), max(1, column_span))
        for down in range(min(row_span, 500)):
            for right in range(min(column_span, 50)):
                self.taken.add((self.row + down, self.column + right))
        self.column += max(1, column_span)

    def close(self, end: int) -> Iterator[Block]:
        if self.cell:
            start, column, row_span, column_span = self.cell
            self.cell = None
            yield Block("cell", start, end, self.index, self.row, column, row_span, column_span)


_RULE_ROW = re.compile(r"^[ \t]*\|?[ \t]*:?-{2,}:?[ \t]*(?:\|[ \t]*:?-{2,}:?[ \t]*)+\|?[ \t]*$", re.M)
_TABLE_ROW = re.compile(r"[^\n]*\|[^\n]*")


def _markdown_cells(text: str) -> Iterator[Block]:
    """Rows of | a | b | around a rule of dashes."""
    table_end = 0
    for index, rule in enumerate(_RULE_ROW.finditer(text)):
        if rule.start() < table_end:
            continue
        head_start = text.rfind("\n", 0, max(0, rule.start() - 1)) + 1
        yield from _markdown_row(text, head_start, max(head_start, rule.start() - 1), index, 0)
        at, row = rule.end() + 1, 1
        while match := _TABLE_ROW.match(text, at):
            yield from _markdown_row(text, match.start(), match.end(), index, row)
            at, row = match.end() + 1, row + 1
        table_end = at


def _markdown_row(text: str, start: int, end: int, table: int, row: int) -> Iterator[Block]:
    at = start + 1 if text[start : start + 1] == "|" else start
    column = 0
    while at < end:
        stop = text.find("|", at, end)
        stop = end if stop < 0 else stop
        yield Block("cell", at, stop, table, row, column)
        at, column = stop + 1, column + 1
