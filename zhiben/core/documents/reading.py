"""A template's own text, paragraph by paragraph, so that what is wrong can be said beside the words it is about."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from .layout.word import name
from .package import parsed

_PARTS = re.compile(r"word/(?:document|header\d*|footer\d*|footnotes)\.xml")
_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")
_WIDE = re.compile(r"[｛{]\s*[｛％]|｛\s*[{%]|[%}]\s*｝|％\s*[}｝]|｝\s*[}｝]")
_APART = re.compile(r"\{\s+[{%]\s|\s[%}]\s+\}")
_QUOTES = re.compile(r"[“”‘’｜]|\|\s*\w+（")
_STATEMENT = re.compile(r"\{%-?\s*(?:p|tr|tc)?\s*(\w+)")
_WHOLE = re.compile(r"\{%\s*(p|tr|tc)\s")
_OPENS = {"for": "endfor", "if": "endif"}


@dataclass(frozen=True)
class Line:
    """One paragraph. `where`: “第 3 段”, “第 2 个表格第 4 行”, “页脚”."""

    where: str
    text: str

    @property
    def quoted(self) -> str:
        shown = self.text.strip()
        return f"{self.where}“{shown[:40]}{'…' if len(shown) > 40 else ''}”"


@dataclass(frozen=True)
class Problem:
    """What is wrong, and where: a sentence for the person who made the template."""

    sentence: str
    where: str = ""

    def __str__(self) -> str:
        return f"{self.where}：{self.sentence}" if self.where else self.sentence


def lines_of(parts: Mapping[str, bytes]) -> list[Line]:
    found: list[Line] = []
    for part in sorted(
        (each for each in parts if _PARTS.fullmatch(each)), key=lambda each: ("document" not in each, each)
    ):
        found += _lines(part, parsed(parts[part]))
    if "docProps/core.xml" in parts:
        found += [Line("文件属性", each.text) for each in parsed(parts["docProps/core.xml"]).iter() if each.text]
    return found


def as_source(lines: list[Line]) -> str:
    """One line a paragraph, so that a line number of Jinja names the paragraph."""
    return "\n".join(re.sub(r"\{%\s*(?:p|tr|tc)\s+", "{% ", _joined(line.text)) for line in lines)


def problems_of_writing(lines: list[Line]) -> list[Problem]:
    """What is wrong with the writing of tags, before they are read as tags."""
    found = [Problem(sentence, line.quoted) for line in lines for sentence in _slips(line)]
    return found or _unpaired(lines)


def _joined(text: str) -> str:
    return text.replace("{% vm %}", "").replace("{%vm%}", "").replace("\n", " ")


def _slips(line: Line) -> Iterator[str]:
    text = line.text
    if _WIDE.search(text):
        yield "标记的大括号或百分号是全角的，请切换到英文输入法，写成 {{ }} 或 {% %}。"
    elif _APART.search(text):
        yield "标记的两个括号之间有空格，请写成连在一起的 {{ }} 或 {% %}。"
    elif text.count("{{") != text.count("}}") or text.count("{%") != text.count("%}"):
        yield "标记没有写完整：{{ 要有 }}，{% 要有 %}，并且在同一段里。"
    elif any(_QUOTES.search(tag) for tag in _TAG.findall(text)):
        yield "标记里用了中文的引号、竖线或括号，请改成英文的 ' | ( )。"
    elif "{{r " in text or re.search(r"\{\{\s*(?:p|tr|tc)\s", text) or "{%r " in text:
        yield "不支持这种标记。请从字段表复制 {{ 字段 }}，段落循环用 {%p for … %}，表格行循环用 {%tr for … %}。"
    elif (match := _WHOLE.search(text)) and match[1] == "p" and _TAG.sub("", text).strip():
        yield "这一段会随 {%p … %} 一起消失，别的文字也会丢失。请让 {%p … %} 独占一段。"
    elif (match := _WHOLE.search(text)) and match[1] == "tr" and "行" not in line.where:
        yield "{%tr … %} 只能写在表格里。段落请用 {%p … %}。"


def _unpaired(lines: list[Line]) -> list[Problem]:
    """A for without endfor, an endif too many: said where it stands."""
    waiting: list[tuple[str, Line]] = []
    for line in lines:
        for word in _STATEMENT.findall(line.text):
            if word in _OPENS:
                waiting.append((word, line))
            elif word in _OPENS.values():
                if not waiting or _OPENS[waiting[-1][0]] != word:
                    opener = "for" if word == "endfor" else "if"
                    return [Problem(f"这里的 {{% {word} %}} 前面没有对应的 {{% {opener} %}}。", line.quoted)]
                waiting.pop()
    return [
        Problem(f"这里的 {{% {word} %}} 后面没有 {{% {_OPENS[word]} %}}，请补上。", line.quoted)
        for word, line in waiting
    ]


def _lines(part: str, root: etree._Element) -> Iterator[Line]:
    place = "页眉" if "header" in part else "页脚" if "footer" in part else "脚注" if "footnotes" in part else ""
    tables = {table: number for number, table in enumerate(root.iter(name("tbl")), start=1)}
    count = 0
    for paragraph in root.iter(name("p")):
        text = _text(paragraph)
        row = next(paragraph.iterancestors(name("tr")), None)
        if row is None:
            count += bool(text.strip())
        if not text.strip():
            continue
        where = place or f"第 {count} 段"
        if row is not None and (table := next(row.iterancestors(name("tbl")), None)) is not None:
            where = f"{place}第 {tables[table]} 个表格第 {table.findall(name('tr')).index(row) + 1} 行"
        yield Line(where, text)


def _text(paragraph: etree._Element) -> str:
    """Its own text, without that of a text box inside it, which has paragraphs of its own."""
    said = []
    for each in paragraph.iter(name("t"), name("br"), name("tab")):
        if next(each.iterancestors(name("p"))) is paragraph:
            said.append(each.text or "" if each.tag == name("t") else " ")
    return "".join(said)
