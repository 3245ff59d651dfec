"""From the lines of a file to paragraphs: stray spaces, page marks and the line ends of a printed page go.

Three kinds of line ends are told apart: those that end a paragraph, those a PDF put in the middle of a
sentence, and those around a page mark.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from zhiben.core.text.mapped import Edit, MappedText

from .numbering import makes_a_word, starts_item
from .vocabulary import LABEL, LABEL_LINE, LONE_HEADINGS, UNIT_NAME, UNIT_TAIL

_STRAY_SPACE = re.compile(
    r"(?<![!-~])[ \t]+|[ \t]+(?![!-~])|(?<=[()\[\],.:;/%])[ \t]+|[ \t]+(?=[()\[\],.:;/%])"
    r"|(?<=20\d\d[-—–~])[ \t]+(?=20\d\d)|(?<=20\d\d)[ \t]+(?=[-—–~][ \t]*20\d\d)"
    r"|(?<=\d)[ \t]+(?=\d{1,3}(?: ?\d){0,2} ?[年月日%个项次家])"
)
_PAGE_MARK = re.compile(
    r"[-—–_·.~]{1,3}\d{1,4}[-—–_·.~]{1,3}|第\d{1,4}页(?:[,/]?共\d{1,4}页)?|\d{1,4}/\d{1,4}|[Pp]age ?\d{1,4}(?: ?of ?\d{1,4})?"
)
_CENTRED_NUMBER = re.compile(r"^[ \t]{8,}(?P<number>\d{1,3})[ \t]*$", re.M)
_LONE_NUMBER = re.compile(r"\d{1,3}")
_ENDS_SENTENCE = tuple("。;:!?…")
_OPEN_END = tuple("、,(《“‘〈[-—和及与的在对为由将")
_CANNOT_START = tuple("。,、;:!?)》”’〉]%")
_BRACKET_REACH = 400  # an open bracket longer than this was never closed


@dataclass(frozen=True)
class Lines:
    """The text without stray spaces, and its non-empty lines as (start, end) in it.

    `gaps` are the places in the original where white space stood inside a line: a hint that something new begins.
    `wide_gaps` are those of a tab or of two spaces and more: what parts the cells of a row.
    """

    text: MappedText
    spans: list[tuple[int, int]]
    gaps: set[int]
    wide_gaps: set[int]


def lines_of(text: MappedText) -> Lines:
    """Lines without stray spaces and without page marks.

    >>> lines = lines_of(MappedText.of("各 县 ( 市 )\\n\\n2 0 2 4 年 底前"))
    >>> [lines.text.text[start:end] for start, end in lines.spans]
    ['各县(市)', '2024年底前']
    """
    text = _without_contents(text)
    edits: list[Edit] = []
    gaps: set[int] = set()
    wide_gaps: set[int] = set()
    marks = dict.fromkeys(_parting_spaces(text.text), "、") | dict(_lost_marks(text.text))
    for match in _STRAY_SPACE.finditer(text.text):
        edits.append((match.start(), match.end(), marks.get(match.start(), "")))
        if match.end() < len(text):
            gaps.add(text.offsets[match.end()])
            if len(match.group()) > 1 or match.group() == "\t":
                wide_gaps.add(text.offsets[match.end()])
    clean = text.edited(edits)
    spans = [match.span() for match in re.finditer(r"[^\n\f]+", clean.text) if not match.group().isspace()]
    in_the_middle = {text.offsets[match.start("number")] for match in _CENTRED_NUMBER.finditer(text.text)}
    centred = {index for index, (start, _) in enumerate(spans) if clean.offsets[start] in in_the_middle}
    furniture = _page_marks([clean.text[start:end].replace(" ", "") for start, end in spans], centred)
    return Lines(clean, [span for index, span in enumerate(spans) if index not in furniture], gaps, wide_gaps)


_LEADER = re.compile(r"[.…·]{5,}[ \t]*\d{1,4}")
_ENTRY = re.compile(r"[^\n。.…·]{2,60}$")


def _without_contents(text: MappedText) -> MappedText:
    """The table of contents goes: entries with a dotted line and a page number.

    >>> _without_contents(MappedText.of("目录\\n一、目标......1\\n二、任务......2\\n一、目标")).text
    '目录\\n\\n\\n一、目标'
    """
    cuts: list[Edit] = []
    at = 0
    for leader in _LEADER.finditer(text.text):
        entry = _ENTRY.search(text.text, max(at, leader.start() - 60), leader.start())
        cuts.append((entry.start() if entry else leader.start(), leader.end(), ""))
        at = leader.end()
    return text.edited(cuts) if len(cuts) >= 2 else text


_DOTTED_BEFORE_DIGIT = re.compile(r"^[ \t]*\d{1,2}(?:\.\d{1,2}){1,3}(?P<space>[ \t]+)(?=\d)", re.M)
_BARE_NUMBER = re.compile(
    r"^[ \t]*(?P<value>\d{1,2})(?P<space>[ \t]+)(?=[一-鿿“《])(?![年月日号个项次家名人种类级位支台套处所万亿元米小天周季倍批场件起条度岁款章节层分秒辆座户只])"
    r"(?P<title>[^\n]{2,30})",
    re.M,
)


def _lost_marks(text: str) -> Iterator[tuple[int, str]]:
    """Where only a space parts an item's number from its text: 3.2.2 2024年…, and 1 健全…, 2 开展… in a count.

    >>> [mark for _, mark in _lost_marks("3.1.2 2024年底前完成")], [mark for _, mark in _lost_marks("1 健全制度\\n2 开展培训")]
    (['、'], ['.', '.'])
    """
    for match in _DOTTED_BEFORE_DIGIT.finditer(text):
        yield match.start("space"), "、"
    run: list[re.Match[str]] = []
    for bare in [*_BARE_NUMBER.finditer(text), None]:
        if run and (bare is None or int(bare["value"]) != int(run[-1]["value"]) + 1):
            if len(run) >= 2 and not any(LONE_HEADINGS.match(one["title"].strip()) for one in run):
                yield from ((one.start("space"), ".") for one in run)
            run = []
        if bare and (run or bare["value"] == "1"):
            run.append(bare)


_SPACED_LINE = re.compile(r"[^\n。;\d]{6,200}")


def _parting_spaces(text: str) -> Iterator[int]:
    """Spaces that stand for 、 in a line of nothing but units, with or without a label.

    >>> text = "责任单位:县应急局 各乡镇"
    >>> [text[at - 1] for at in _parting_spaces(text)]
    ['局']
    >>> list(_parting_spaces("某某县 安全生产委员会")), list(_parting_spaces("县人民政府 办公室"))
    ([], [])
    """
    for line in _SPACED_LINE.finditer(text):
        label = LABEL_LINE.match(line.group().lstrip())
        start = line.start() + len(line.group()) - len(line.group().lstrip()) + (label.end() if label else 0)
        names = list(re.finditer(r"[^ \t]+", text[start : line.end()]))
        if len(names) < 2 or not all(_whole_units(name.group().rstrip(")]】"), label is not None) for name in names):
            continue
        if not any(UNIT_TAIL.match(name.group()) for name in names[1:]):
            yield from (start + name.end() for name in names[:-1])


def _whole_units(names: str, labelled: bool) -> bool:
    if not labelled and names.endswith(tuple("省市州县区旗盟")):
        return False  # 某某县 安全生产委员会: a heading with a space
    return all(len(name) >= 3 and UNIT_NAME.fullmatch(name) for name in re.split("[、,]", names) if name)


def _width(line: str) -> float:
    """Printed width in full-width characters: Latin letters and digits count half."""
    return len(line) - sum(character.isascii() for character in line) / 2


def _printed_width(lines: list[str]) -> float | None:
    """The width of the page where most long lines break off in mid-sentence; None where lines are paragraphs.

    >>> _printed_width(["县应急管理局要会同有关部门加强对高危行"] * 9 + ["业领域的监督检查。"] * 9)
    19.0
    """
    widths = sorted(_width(line) for line in lines if _width(line) >= 15)
    broken = sorted(_width(line) for line in lines if _width(line) >= 15 and not line.endswith((*_ENDS_SENTENCE, ")")))
    if len(broken) < 6 or len(broken) < 0.4 * len(widths):
        return None
    typical = broken[len(broken) // 2]
    return typical if typical <= 90 and broken[int(len(broken) * 0.9)] <= typical * 1.6 else None


def _page_marks(lines: list[str], centred: set[int]) -> set[int]:
    """Indexes of lines that are page marks, and of the running heads that repeat beside them.

    Bare numbers are page marks when they count on, far apart or in the middle (`centred`) of their lines.
    """
    marks = {index for index, line in enumerate(lines) if _PAGE_MARK.fullmatch(line)}
    numbers = [(index, int(line)) for index, line in enumerate(lines) if _LONE_NUMBER.fullmatch(line)]
    if len(numbers) >= 2 and all(
        later[1] == earlier[1] + 1 and (later[0] - earlier[0] >= 12 or {earlier[0], later[0]} <= centred)
        for earlier, later in pairwise(numbers)
    ):
        marks |= {index for index, _ in numbers}
    beside: dict[str, list[int]] = {}
    for index in marks:
        for neighbour in (index - 1, index + 1):
            if 0 <= neighbour < len(lines) and neighbour not in marks and len(lines[neighbour]) <= 40:
                beside.setdefault(lines[neighbour], []).append(neighbour)
    return marks | {index for repeated in beside.values() if len(repeated) >= 3 for index in repeated}


_SERIAL = re.compile(r"(\d{1,4})、")


def _page_serials(lines: list[str]) -> dict[int, int]:
    """Serial numbers that a document-sharing site puts before each page's text (2、为主,…): line → length to cut.

    They count every page from 1 and mostly stand in mid-sentence; items do not.

    >>> _page_serials(["1、为了加强管", "2、理,制定方", "3、案。一、目标。"])
    {0: 2, 1: 2, 2: 2}
    """
    found = [(index, match) for index, line in enumerate(lines) if (match := _SERIAL.match(line))]
    if len(found) < max(3, 0.6 * len(lines)) or [int(match.group(1)) for _, match in found] != list(
        range(1, len(found) + 1)
    ):
        return {}
    broken = sum(index > 0 and not lines[index - 1].endswith((*_ENDS_SENTENCE, ")")) for index, _ in found[1:])
    return {index: match.end() for index, match in found} if 2 * broken >= len(found) - 1 else {}


def _joins(before: str, after: str, width: float | None, depth: int) -> bool:
    """Whether `after` continues the paragraph that `before` ends (depth: brackets still open).

    >>> _joins("推动重大事故隐患动态清零，不断提升本质安全水", "平。", 22, 0)
    True
    >>> _joins("(一)指导思想", "坚持人民至上、生命至上。", 30, 0)
    False
    >>> _joins("三年行动计划", "一、总体要求", None, 0)
    False
    """
    if makes_a_word(before) and after[:1] in "一二三四五六七八九十":
        return True  # 安全第 | 一、预防为主
    if starts_item(after) or LABEL_LINE.match(after):
        return False
    if depth > 0 or before.endswith(_OPEN_END) or after.startswith(_CANNOT_START):
        return True
    if before[-1:].isdigit() and after[:1] in "年月日%个项次家名0123456789":
        return True
    if before.endswith(_ENDS_SENTENCE) or before.endswith(")"):
        return False
    if width is not None:
        return _width(before) >= width * 0.8 or len(before) >= width * 0.95
    running = any(mark in before for mark in "。,;") and not LABEL_LINE.match(before)
    return running and len(before) >= 6


def paragraphs_of(lines: Lines, taken: set[int]) -> MappedText:
    """The text with one paragraph a line. Lines in `taken` (a table's cells) leave only a paragraph's end."""
    text = lines.text.text
    contents = [text[start:end].strip() for start, end in lines.spans]
    width = _printed_width([line for index, line in enumerate(contents) if index not in taken])
    serials = _page_serials(contents)
    edits: list[Edit] = []
    at, before, depth, opened = 0, None, 0, 0
    for index, (start, end) in enumerate(lines.spans):
        if index in taken:
            edits.append((at, end, "\n"))
            before = None
        else:
            joined = before is not None and _joins(before, contents[index], width, depth)
            if index in serials:
                joined = before is not None and index > min(serials)
                start += serials[index]
            if before is not None and LABEL.fullmatch(before) and not LABEL.match(contents[index]):
                joined = True  # 责任单位, and the units on the next line
                edits.append((at, start, ":"))
            else:
                edits.append((at, start, "" if joined or at == start == 0 else "\n"))
            if not joined:
                depth, opened = 0, 0
            depth, opened = _open_brackets(contents[index], depth, opened)
            before = contents[index]
        at = end
    edits.append((at, len(text), ""))
    for start, _ in lines.spans:
        lines.gaps.add(lines.text.offsets[start])
    return lines.text.edited([edit for edit in edits if edit[0] != edit[1] or edit[2]])


def _open_brackets(line: str, depth: int, opened: int) -> tuple[int, int]:
    for character in line:
        if character == "(":
            depth += 1
            opened = opened if depth > 1 else 0
        elif character == ")" and depth:
            depth -= 1
    opened = opened + len(line) if depth else 0
    return (0, 0) if opened > _BRACKET_REACH else (depth, opened)
