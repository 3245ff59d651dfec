"""Templates and what is made from them: add, put in force, withdraw; fill with a context, print as PDF."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import transaction
from jinja2 import TemplateSyntaxError

from zhiben.core.access.acting import Acting
from zhiben.core.audit import services as audit
from zhiben.core.files.models import Upload
from zhiben.core.files.office import NoOffice, NotConverted, convert
from zhiben.core.files.services import path_of
from zhiben.core.org.models import Unit
from zhiben.core.refusal import Refused

from .examine import examine
from .filling import Sandbox, filled, scope_for
from .kinds import DocumentKind
from .layout.word import clean
from .letterhead import LetterheadText, letterhead_of, require_own
from .models import DocumentTemplate
from .package import LARGEST_FILE, opened
from .paper import compose
from .reading import Problem, as_source, lines_of, problems_of_writing

__all__ = [
    "Problem", "TemplateRefused", "add_template", "check_template", "default_template", "letterhead_of", "put_in_force",
    "render_docx", "render_pdf", "template_in_force", "template_row", "withdraw",
]  # fmt: skip

MOST_PROBLEMS = 30
PDF_SECONDS = 120
_MOST_SUPERIORS = 12


class TemplateRefused(Refused):
    """A template that cannot be used; `problems` says each thing and where it stands."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        more = f"（共 {len(problems)} 处）" if len(problems) > 1 else ""
        super().__init__(f"模板没有保存，请先改正{more}：{problems[0]}", "file")
        self.problems = problems


# ── checking ─────────────────────────────────────────────────────────────────────────────────────────────────────


def check_template(
    kind: DocumentKind, content: bytes, *, sample: Any = None, letterhead: LetterheadText | None = None
) -> list[Problem]:
    """Everything wrong with a template, at most `MOST_PROBLEMS`; with a `sample` it is filled once, too."""
    try:
        lines = lines_of(opened(content))
    except Refused as refused:
        return [Problem(refused.sentence)]
    if problems := problems_of_writing(lines):
        return problems[:MOST_PROBLEMS]
    try:
        tree = Sandbox({}).parse_only(as_source(lines))
    except TemplateSyntaxError as wrong:
        return [Problem(_syntax_sentence(wrong), lines[min(wrong.lineno, len(lines)) - 1].quoted)]
    found = examine(tree, scope_for(kind.context))
    if found:
        return [Problem(each.sentence, lines[each.line - 1].quoted) for each in found[:MOST_PROBLEMS]]
    if sample is not None:
        try:
            filled(content, context=sample, letterhead=letterhead or _example_head())
        except Refused as refused:
            return [Problem(refused.sentence)]
    return []


def _syntax_sentence(wrong: TemplateSyntaxError) -> str:
    if wrong.message and "unknown tag" in wrong.message:
        return "这里的 {% … %} 不能使用，模板里只能用 for、if、elif、else、endfor 和 endif。"
    return "标记的写法不对。请从字段表复制，标记里只用英文符号，文字加英文引号。"


def _example_head() -> LetterheadText:
    rows = {row.name: row.metadata["example"] for row in LetterheadText.__dataclass_fields__.values()}
    return LetterheadText(**rows)


# ── keeping ──────────────────────────────────────────────────────────────────────────────────────────────────────


def add_template(
    *, kind: DocumentKind, unit: Unit, upload: Upload, note: str, by: Acting, now: datetime
) -> DocumentTemplate:
    """A new version, checked and filled once with live data, not yet in force. Raises TemplateRefused."""
    require_own(by, unit)
    if upload.file.size > LARGEST_FILE:
        raise TemplateRefused([Problem(f"模板超过 {LARGEST_FILE >> 20} MB。请删去或压缩其中的图片后再上传。")])
    content = path_of(upload.file).read_bytes()
    problems = check_template(kind, content, sample=kind.sample(by, now), letterhead=letterhead_of(unit))
    if problems:
        raise TemplateRefused(problems)
    with transaction.atomic():
        Unit.objects.select_for_update().get(pk=unit.pk)
        last = DocumentTemplate.objects.filter(kind=kind.key, unit=unit).order_by("-number").first()
        template = DocumentTemplate.objects.create(
            kind=kind.key, unit=unit, number=last.number + 1 if last else 1, file=upload.file, name=upload.name,
            note=clean(note).strip()[:200], uploaded_by_name=str(by), uploaded_at=now,
        )  # fmt: skip
        _leave_line(template, "add_template", "上传公文模板", by, now, note=template.note, digest=upload.file.digest)
    return template


@transaction.atomic
def put_in_force(*, template: DocumentTemplate, by: Acting, now: datetime) -> DocumentTemplate:
    """From now on documents are made from this version; an earlier one is brought back in the same way."""
    require_own(by, template.unit)
    template = DocumentTemplate.objects.select_for_update().get(pk=template.pk)
    template.in_force_from, template.withdrawn_at = now, None
    template.save(update_fields=["in_force_from", "withdrawn_at"])
    _leave_line(template, "put_in_force", "启用公文模板", by, now)
    return template


@transaction.atomic
def withdraw(*, template: DocumentTemplate, by: Acting, now: datetime) -> DocumentTemplate:
    """Out of force: the version in force before counts again, or the superior's, or the default."""
    require_own(by, template.unit)
    template = DocumentTemplate.objects.select_for_update().get(pk=template.pk)
    if template.in_force_from is None or template.withdrawn_at is not None:
        raise Refused(f"{template}现在没有启用，不用停用。")
    template.withdrawn_at = now
    template.save(update_fields=["withdrawn_at"])
    _leave_line(template, "withdraw_template", "停用公文模板", by, now)
    return template


def _leave_line(template: DocumentTemplate, verb: str, label: str, by: Acting, now: datetime, **data: object) -> None:
    told = {"kind": template.kind, "unit": template.unit.name, "number": template.number, **data}
    audit.append(
        record_type=template._meta.label_lower, record_id=str(template.pk), kind="edit", verb=verb, label=label, by=by,
        now=now, data=told,
    )  # fmt: skip


# ── using ────────────────────────────────────────────────────────────────────────────────────────────────────────


def template_row(kind: DocumentKind, unit: Unit) -> DocumentTemplate | None:
    """The version in force for the unit: its own, else the nearest superior's; None for the default."""
    rows = DocumentTemplate.objects.filter(kind=kind.key, in_force_from__isnull=False, withdrawn_at=None)
    by_unit: dict[int, DocumentTemplate] = {}
    for row in rows.select_related("file", "unit").order_by("in_force_from", "number"):
        by_unit[row.unit_id] = row
    holder: Unit | None = unit
    for _ in range(_MOST_SUPERIORS if by_unit else 0):
        if holder is None:
            break
        if holder.pk in by_unit:
            return by_unit[holder.pk]
        holder = holder.superior
    return None


def template_in_force(kind: DocumentKind, unit: Unit) -> bytes:
    row = template_row(kind, unit)
    return default_template(kind) if row is None else content_of(row)


@lru_cache(maxsize=64)
def default_template(kind: DocumentKind) -> bytes:
    """The Word file that an office downloads to begin with."""
    return compose(kind.paper())


def content_of(template: DocumentTemplate) -> bytes:
    try:
        return path_of(template.file).read_bytes()
    except FileNotFoundError as lost:
        raise Refused(
            f"{template.unit}公文模板{template}的文件在服务器上找不到，请联系管理员从备份恢复，或停用这一版。"
        ) from lost


def render_docx(kind: DocumentKind, context: Any, *, unit: Unit) -> bytes:
    """The document as a Word file, from the template in force for the unit, under its letterhead. Raises Refused."""
    return fill(kind, template_in_force(kind, unit), context, unit=unit)


def fill(kind: DocumentKind, template: bytes, context: Any, *, unit: Unit) -> bytes:
    """As `render_docx`, from a given template."""
    if not isinstance(context, kind.context):
        raise TypeError(f"{kind.key} is filled with {kind.context.__name__}, not {type(context).__name__}")
    try:
        return filled(template, context=context, letterhead=letterhead_of(unit))
    except Refused as refused:
        raise Refused(f"“{kind.title}”的模板用不了：{refused.sentence}", refused.field) from refused


def render_pdf(docx: bytes) -> bytes:
    """The document as PDF. Raises Refused: no LibreOffice here, or it did not manage in time."""
    try:
        return convert(docx, extension="docx", to="pdf", seconds=PDF_SECONDS)
    except NoOffice as missing:
        raise Refused(
            "服务器没有安装 LibreOffice，不能生成 PDF 和预览，Word 文件不受影响。请系统管理员安装 libreoffice-writer-nogui。"
        ) from missing
    except NotConverted as failed:
        raise Refused(f"没有生成 PDF：{failed}。Word 文件不受影响，请下载后在电脑上另存为 PDF。") from failed
