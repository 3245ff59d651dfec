"""The same document as other sites, programs and printers would have saved it."""

import random
import re
from collections.abc import Callable
from html import escape

import opencc

_FULL_WIDTH = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})
_RADICALS = str.maketrans(
    {"民": "⺠", "车": "⻋", "门": "⻔", "风": "⻛", "一": "⼀", "人": "⼈", "页": "⻚", "长": "⻓"}
)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def one_line(text: str) -> str:
    return "".join(_lines(text))


def one_line_with_spaces(text: str) -> str:
    return "  ".join(_lines(text))


def broken_by_printing(text: str) -> str:
    """A PDF of 34 characters a line and 28 lines a page, with page marks and stray spaces."""
    chance = random.Random(11)
    printed: list[str] = []
    for paragraph in _lines(text):
        paragraph = "  " + paragraph
        while paragraph:
            line, paragraph = paragraph[:34], paragraph[34:]
            cut = chance.randrange(1, 60)
            printed.append(
                line[:cut] + " " + line[cut:] if 3 < cut < len(line) - 3 and not line[cut - 1].isascii() else line
            )
            if len(printed) % 29 == 28:
                printed += ["", f"— {len(printed) // 29 + 1} —", "\f"]
    return "\n".join(printed)


def _printed(text: str, width: int, mark: str, line_end: str) -> str:
    printed: list[str] = []
    for paragraph in _lines(text):
        for at in range(0, len(paragraph), width):
            printed.append(paragraph[at : at + width])
            if len(printed) % 26 == 25:
                printed.append(mark.format(len(printed) // 26 + 1))
    return line_end.join(printed)


def wide_pages_with_bare_numbers(text: str) -> str:
    return _printed(text, 45, "{}", "\n")


def pages_with_a_blank_line_after_every_line(text: str) -> str:
    return _printed(text, 32, "- {} -", "\n\n")


def pages_without_indents(text: str) -> str:
    return _printed(text, 38, "第 {} 页 共 99 页", "\n")


def full_width(text: str) -> str:
    return text.translate(_FULL_WIDTH)


def traditional(text: str) -> str:
    return opencc.OpenCC("s2t").convert(text)


def look_alike_radicals(text: str) -> str:
    return text.translate(_RADICALS)


def web_page(text: str) -> str:
    rows = "".join(f'<p style="text-indent:2em"><span lang="zh">{escape(line)}</span></p>\n' for line in _lines(text))
    head = "<html><head><title>信息公开</title><style>p{margin:0}</style></head><body><script>var n=1;</script>\n"
    return f'{head}<div class="nav"><a href="/">首页</a></div>\n<div id="text">\n{rows}</div></body></html>'


def web_page_of_lines(text: str) -> str:
    return "<div>" + "<br/>\n&nbsp;&nbsp;&nbsp;&nbsp;".join(escape(line) for line in _lines(text)) + "</div>"


def markdown(text: str) -> str:
    def mark(line: str) -> str:
        if re.match("[一二三四五六七八九十]+、", line):
            return "## " + line
        if re.match(r"\([一二三四五六七八九十]+\)", line) and len(line) < 60:
            return "### " + line
        numbered = re.match(r"(\d+\.[^。]{2,60}。)(.*)", line)
        return f"**{numbered[1]}**{numbered[2]}" if numbered else line

    return "\n\n".join(map(mark, _lines(text)))


def pause_numbers(text: str) -> str:
    """1. becomes 1、"""
    return re.sub(r"^(\d{1,2})\.", r"\1、", "\n".join(_lines(text)), flags=re.M)


def wide_point_numbers(text: str) -> str:
    """(一) becomes （一）, 1. becomes 1．"""
    wide = re.sub(r"^(\d{1,2})\.", r"\1．", "\n".join(_lines(text)), flags=re.M)
    return wide.replace("(", "（").replace(")", "）")


def bracketed_numbers(text: str) -> str:
    """1. becomes (1)"""
    return re.sub(r"^(\d{1,2})\.", r"(\1)", "\n".join(_lines(text)), flags=re.M)


def windows_lines(text: str) -> str:
    return "\r\n\r\n".join("\u3000\u3000" + line for line in _lines(text))


MUTATIONS: tuple[Callable[[str], str], ...] = (
    one_line, one_line_with_spaces, broken_by_printing, wide_pages_with_bare_numbers,
    pages_with_a_blank_line_after_every_line, pages_without_indents, full_width, traditional, look_alike_radicals, web_page,
    web_page_of_lines, markdown, pause_numbers, wide_point_numbers, bracketed_numbers, windows_lines,
)  # fmt: skip
