"""A template and a context become a document, in a sandbox that knows declared fields and our filters, nothing else."""

import dataclasses
import zipfile
from collections import OrderedDict
from io import BytesIO
from typing import Any

from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment, SecurityError
from lxml import etree

from zhiben.core.refusal import Refused

from .examine import LOOP, Scope, examine, group, scope_of
from .kinds import declared
from .layout.packing import packed, unpacked
from .layout.settling import settle, style_names
from .letterhead import LetterheadText
from .words import FILTERS, written

_LONGEST = 40_000_000
"""Characters of one part of the filled document, markup included."""


_CORE = b"schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
_CORE_OF_LIBREOFFICE = b"schemas.openxmlformats.org/officedocument/2006/relationships/metadata/core-properties"
_KEPT = 32
"""Compiled parts of templates, for each kind of document."""


class _Bounded(Template):
    """A template that stops when its output grows beyond all measure."""

    def render(self, *args: Any, **kwargs: Any) -> str:
        pieces, length = [], 0
        for piece in self.generate(*args, **kwargs):
            length += len(piece)
            if length > _LONGEST:
                raise Refused("填好的文档太大，已停止。请减少模板里的循环，或缩小这次的范围。", "file")
            pieces.append(piece)
        return "".join(pieces)


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja as far as it is needed: what is parsed is examined, what is reached is declared, nothing is called."""

    template_class = _Bounded

    def __init__(self, scope: Scope) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=True, finalize=written, cache_size=0)
        self.scope = scope
        self.globals, self.tests = {}, {}
        self._kept: OrderedDict[str, Template] = OrderedDict()
        self.filters = {name: each.function for name, each in FILTERS.items()}

    def from_string(self, source: Any, globals: Any = None, template_class: Any = None) -> Template:
        """Compiled once: a thousand documents are made from one template, and compiling takes half of the time."""
        known = self._kept.get(source)
        if known is None:
            known = self._kept[source] = super().from_string(source, globals, template_class)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return known

    def parse_only(self, source: str) -> nodes.Template:
        """The tree, not examined. Raises TemplateSyntaxError."""
        return super()._parse(source, None, None)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        if found := examine(tree, self.scope):
            raise Refused(found[0].sentence, "file")
        return tree

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if isinstance(obj, LoopContext):
            return attr in LOOP
        return dataclasses.is_dataclass(obj) and not isinstance(obj, type) and attr in declared(type(obj))

    def is_safe_callable(self, obj: Any) -> bool:
        return False

    def getattr(self, obj: Any, attribute: str) -> Any:
        if not self.is_safe_attribute(obj, attribute, None):
            raise SecurityError(attribute)
        return getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        raise SecurityError(str(argument))


class _Filled(DocxTemplate):
    """docxtpl mends ill-formed XML silently and loses what it cannot mend; here it is refused."""

    def render_xml_part(self, src_xml: str, part: Any, context: Any, jinja_env: Any = None) -> str:
        result: str = super().render_xml_part(src_xml, part, context, jinja_env)
        try:
            etree.fromstring(result.encode(), etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
        except etree.XMLSyntaxError as broken:
            raise Refused(
                "模板里有标记跨越了段落或表格的边界，填好后文档是坏的。段落循环请让 {%p for %} 和 {%p endfor %} 各占一段，"
                "表格行循环请让 {%tr for %} 和 {%tr endfor %} 各占一行。",
                "file",
            ) from broken
        return result


_SANDBOXES: dict[type, Sandbox] = {}


def scope_for(context: type) -> Scope:
    return {**scope_of(context), **group("letterhead", LetterheadText)}


def sandbox_for(context: type) -> Sandbox:
    """One for each kind of context: it keeps what it has compiled."""
    if context not in _SANDBOXES:
        _SANDBOXES[context] = Sandbox(scope_for(context))
    return _SANDBOXES[context]


def filled(template: bytes, *, context: Any, letterhead: LetterheadText) -> bytes:
    """The document as .docx; the same template and context give the same bytes. `template` has passed
    `package.opened`. Raises Refused."""
    values = {field.name: getattr(context, field.name) for field in dataclasses.fields(context)}
    document = _Filled(BytesIO(_readable(template)))
    try:
        document.render({**values, "letterhead": letterhead}, sandbox_for(type(context)), autoescape=True)
    except Refused:
        raise
    except TemplateSyntaxError as wrong:
        raise Refused("模板里有标记写得不对，请打开“公文模板”重新检查并上传。", "file") from wrong
    except (TemplateError, TypeError, ValueError, ArithmeticError) as wrong:
        raise Refused(
            "模板里的一处标记与它的内容对不上，例如拿文字与数字比较。请对照字段表检查后重新上传。", "file"
        ) from wrong
    out = BytesIO()
    document.save(out)
    return _settled(out.getvalue())


def _readable(template: bytes) -> bytes:
    """LibreOffice names the relation of the file's properties in a way that python-docx does not know: it would add
    a second part of the same name, and Word takes such a file for broken."""
    with zipfile.ZipFile(BytesIO(template)) as archive:
        if _CORE_OF_LIBREOFFICE not in archive.read("_rels/.rels"):
            return template
    parts = unpacked(template)
    parts["_rels/.rels"] = parts["_rels/.rels"].replace(_CORE_OF_LIBREOFFICE, _CORE)
    return packed(parts, on=None)


def _settled(content: bytes) -> bytes:
    parts = unpacked(content)
    root = etree.fromstring(parts["word/document.xml"])
    styles = parts.get("word/styles.xml")
    settle(root, style_names(etree.fromstring(styles)) if styles else {})
    parts["word/document.xml"] = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return packed(parts, on=None)
