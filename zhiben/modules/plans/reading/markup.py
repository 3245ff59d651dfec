"""Tags and marks that are not part of the text: HTML and Markdown left in what was saved as plain text.

A file that really is HTML or docx comes with its cells as blocks; here the raw marks themselves are in the text.
Every edit keeps the map back to the original, so spans still point into the text as it came.
"""

import re
from html import unescape

from zhiben.core.text.mapped import Edit, MappedText

_HTML = re.compile(r"<(?:/?(?:p|div|br|td|tr|table|span|h\d|li|body|html|strong|b)\b)", re.I)
_TOKEN = re.compile(
    r"<(?P<hidden>script|style|head|title|noscript|select|template)\b[^>]{0,2000}>"
    r"|<!--|<(?P<close>/?)(?P<tag>[a-zA-Z][a-zA-Z0-9:]{0,20})(?P<attributes>[^<>]{0,4000})>|<![^>]{0,500}>"
    r"|&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,12});"
)
_BLOCK_TAGS = frozenset(
    "p div br tr table tbody thead ul ol li h1 h2 h3 h4 h5 h6 section article header footer body html dl dt dd td th "
    "form hr blockquote pre center title caption nav main aside option".split()
)
_MARKDOWN_LINE = re.compile(r"^[ \t]{0,3}(?:#{1,6}[ \t]+|>[ \t]?|[-*+][ \t]+(?=\S)|(?:[-*_][ \t]*){3,}$)", re.M)
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
            edits.append((start, end, "\n" if match["tag"].lower() in _BLOCK_TAGS else ""))
        elif match.group()[0] == "&":
            edits.append((start, end, unescape(match.group()).replace("\xa0", " ")[:1] or " "))
        else:
            edits.append((start, end, ""))
        at = end
    if tagged:
        edits += _line_ends_as_spaces(text, at, len(text))
    return source.edited(edits)


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
