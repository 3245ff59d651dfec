"""隐患治理档案: the whole life of one hazard on paper, each fact with its time and author, the photos with place and time,
the trail with the digests of its chain. Composed from data alone: the same data give the same bytes."""

import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from PIL import Image, ImageOps

from zhiben.core.clock import local_day
from zhiben.core.documents.paper import Block, Heading, PageBreak, Paper, Paragraph, Picture, Table, compose
from zhiben.core.files.models import Attachment
from zhiben.core.files.services import attachments_of, path_of
from zhiben.core.refusal import Refused
from zhiben.core.web.words import full_day, moment, said_day
from zhiben.modules.criteria.models import Criterion

from .asking import caption_of
from .models import Doubt, Hazard, LookBack, Review
from .others import OUT_OF_SIGHT
from .photos import AFTER, BEFORE, LOOKED_AGAIN, ON_SITE

BUDGET = 6 << 20
"""Bytes for all photos together: a dossier with thirty stays well below ten million, as Word and as PDF."""
LARGEST_PHOTO = 300 << 10
SIDES = (1600, 1280, 1024, 800, 640, 480)
"""Pixels of the longer side, tried from large to small."""
QUALITY = 88
"""As the paper itself saves its pictures: what fits here fits there."""


@dataclass(frozen=True)
class Line:
    """One line of the trail in words."""

    at: datetime
    label: str
    by: str
    said: str
    digest: str
    sealed_on: str


@dataclass(frozen=True)
class Dossier:
    hazard: Hazard
    lines: Sequence[Line]
    proof: str
    """The sentence of the proof of all `lines`."""
    extensions: Sequence[dict[str, Any]]
    look_backs: Sequence[LookBack]
    """Those that whoever prints it knows of."""
    made_by: str
    made_at: datetime
    within_sight: Collection[UUID] = ()
    """Keys of the other hazards of which whoever prints it may know."""
    also_used_in: Mapping[int, Sequence[Hazard]] = field(default_factory=dict)
    """Doubt about a photo → those of them in which it stands."""

    @property
    def title(self) -> str:
        return f"{'重大' if self.hazard.is_major else ''}事故隐患治理档案"

    def name_of(self, other: Hazard) -> str:
        return f" {other.number} " if other.pk in self.within_sight else f"“{OUT_OF_SIGHT}”"

    def name(self, form: str) -> str:
        return f"{self.title}-{self.hazard.number}.{form}"


def word_file(dossier: Dossier, progress: Any = None) -> bytes:
    """The dossier as a Word file. `progress(done, total)` counts the photos."""
    hazard = dossier.hazard
    attachments = list(attachments_of(hazard._meta.label_lower, str(hazard.pk)))
    photos = [each for each in attachments if each.file.media_type.startswith("image/")]
    shown = _shown(photos, progress)
    body: list[Block] = [
        *_title_page(dossier),
        PageBreak(),
        *_facts(hazard),
        *_pictures("整改前照片", [p for p in photos if p.label == BEFORE], shown),
        *_judgement(hazard),
        *_plans(hazard),
        *_progress(dossier),
        *_pictures("整改后照片", [p for p in photos if p.label == AFTER], shown),
        *_dual_reports(hazard),
        *_verification(dossier),
        *_pictures("复查现场照片", [p for p in photos if p.label == ON_SITE], shown),
        *_afterwards(dossier),
        *_pictures("回头看照片", [p for p in photos if p.label == LOOKED_AGAIN], shown),
        *_others(attachments, photos, shown),
        *_trail(dossier),
    ]
    day = local_day(dossier.made_at)
    return compose(Paper(title=dossier.title, body=body, issued_on=day, sealed=False, keywords=(hazard.number,)))


# ── the parts ────────────────────────────────────────────────────────────────────────────────────────────────────


def _title_page(dossier: Dossier) -> list[Block]:
    hazard = dossier.hazard
    rows = [
        ("隐患编号", hazard.number),
        ("企业（单位）", str(hazard.enterprise or hazard.responsible_unit)),
        ("具体位置", hazard.place),
        ("等级", hazard.get_level_display()),
        ("状态", hazard.get_status_display()),
        ("监管单位", str(hazard.supervising_unit)),
        ("销号单位", str(hazard.closing_unit)),
        ("发现日期", full_day(hazard.found_on)),
        ("销号时间", moment(hazard.closed_at) if hazard.closed_at else "尚未销号"),
        ("档案生成", f"{moment(dossier.made_at)}，{dossier.made_by}"),
    ]
    return [_table(rows)]


def _facts(hazard: Hazard) -> list[Block]:
    place = f"{hazard.latitude}，{hazard.longitude}（WGS 84）" if hazard.latitude is not None else ""
    return [
        Heading(1, "隐患情况"),
        _table(
            [
                ("隐患情况", hazard.description),
                ("可能的危害", hazard.danger),
                ("类别", hazard.get_category_display() if hazard.category else ""),
                ("场所", str(hazard.site or "")),
                ("坐标", place),
                ("临时措施", hazard.immediate_measures),
                ("来源", "，".join(filter(None, (hazard.get_channel_display(), hazard.origin_label)))),
                ("发现人", str(hazard.found_by or hazard.found_by_name or "")),
                ("发现单位", str(hazard.found_by_unit or "")),
                ("登记时间", moment(hazard.reported_at)),
            ]
        ),
    ]


def _judgement(hazard: Hazard) -> list[Block]:
    criterion = hazard.criterion
    named = {each.key: str(each) for each in Criterion.objects.filter(key__in=[each["key"] for each in hazard.candidates]).select_related("standard")}  # fmt: skip
    candidates = "；".join(
        f"{named.get(each['key'], each['key'])}（{_KINDS.get(each['kind'], '')}）" for each in hazard.candidates
    )
    held = criterion is not None and any(each.get("key") == criterion.key for each in hazard.candidates)
    against = bool(hazard.candidates) and hazard.judged_at is not None and not held
    return [
        Heading(1, "判定"),
        _table(
            [
                ("判定结果", f"{hazard.get_level_display()}事故隐患"),
                ("判定依据", str(criterion or "")),
                ("标准施行日期", full_day(criterion.standard.effective_on) if criterion and criterion.standard.effective_on else ""),
                ("判定理由", hazard.criterion_reason),
                ("判定人", str(hazard.judged_by or "")),
                ("判定时间", moment(hazard.judged_at) if hazard.judged_at else "尚未判定"),
                ("目录版本", hazard.catalogue),
                ("系统列出的情形", candidates),
                ("与系统列出的是否一致", "不一致，理由见上" if against else "一致" if held else ""),
            ]
        ),
    ]  # fmt: skip


_KINDS = {"match": "对得上", "hint": "参考"}


def _plans(hazard: Hazard) -> list[Block]:
    blocks: list[Block] = []
    number = 0
    for plan in hazard.plans.select_related("filed_by", "accepted_by").order_by("filed_at", "pk"):
        number += plan.filed_by is not None
        outcome = (
            f"{plan.accepted_by}于 {moment(plan.accepted_at)} 审核通过"
            if plan.accepted_at
            else f"退回：{plan.returned_because}"
            if plan.returned_because
            else "待审核"
        )
        blocks += [
            Heading(2, f"第 {number} 次报送" if plan.filed_by else "台账带入的整改要求"),
            _table(
                [
                    ("整改责任人", f"{plan.liable_person} {plan.liable_mobile}".strip()),
                    ("整改措施", plan.measures),
                    ("整改资金", f"{_money(plan.funds)} 元" if plan.funds is not None else ""),
                    ("整改时限", full_day(plan.rectify_by) if plan.rectify_by else ""),
                    ("应急预案和防范措施", plan.contingency_plan),
                    ("治理目标和任务", plan.goals),
                    ("负责机构和人员", plan.bodies),
                    ("治理期间的安全措施", plan.safety_measures),
                    ("报送", f"{plan.filed_by or '由台账带入，企业没有报送'}，{moment(plan.filed_at)}"),
                    ("审核", outcome if plan.filed_by else ""),
                ]
            ),
        ]
    return [Heading(1, "整改方案（五定）"), *(blocks or [Paragraph("没有报送整改方案。")])]


def _progress(dossier: Dossier) -> list[Block]:
    hazard = dossier.hazard
    reports = list(hazard.reports.select_related("by"))
    blocks: list[Block] = [Heading(1, "整改进展和延期")]
    if reports:
        blocks.append(
            Table(
                head=("时间", "进度", "阶段", "进展情况", "累计投入（元）", "填报人"),
                rows=[
                    (moment(each.at), f"{each.percent}%", each.stage, each.text, _money(each.spent), str(each.by))
                    for each in reports
                ],
                widths=(3, 1.2, 2, 5, 2, 1.8),
            )
        )
    if dossier.extensions:
        blocks.append(
            Table(
                head=("申请时间", "申请人", "申请延至", "理由", "结果和意见"),
                rows=[
                    (
                        moment(each["request"].asked_at),
                        each["request"].asked_by_name,
                        str(each["until"]),
                        str(each["reason"]),
                        in_one([each["request"].get_status_display(), *map(_vote, each["votes"])]),
                    )
                    for each in dossier.extensions
                ],
                widths=(3, 1.8, 2.2, 4, 4),
            )
        )
    if hazard.rectify_by:
        blocks.append(Paragraph(f"整改期限为{full_day(hazard.rectify_by)}，已批准延期 {hazard.extensions} 次。"))
    if hazard.summary:
        blocks.append(Paragraph(f"整改情况：{hazard.summary}"))
    if hazard.rectified_at:
        by = f"，{hazard.rectified_by}报送" if hazard.rectified_by else ""
        spent = f"，投入资金 {_money(hazard.spent)} 元" if hazard.spent is not None else ""
        blocks.append(Paragraph(f"{moment(hazard.rectified_at)} 报送复查{by}{spent}。"))
    return blocks


def _vote(vote: Any) -> str:
    said = "同意" if vote.agrees else "不同意"
    return f"{vote.person_name}{said}{f'（{vote.opinion}）' if vote.opinion else ''}"


def _dual_reports(hazard: Hazard) -> list[Block]:
    rows = list(hazard.dual_reports.select_related("by", "proof"))
    if not rows:
        return [Heading(1, "双报告"), Paragraph("没有登记。")] if hazard.is_major else []
    return [
        Heading(1, "双报告"),
        Table(
            head=("报告对象", "报告日期", "内容", "登记", "凭证摘要"),
            rows=[
                (each.get_to_display(), full_day(each.reported_on), each.text, f"{each.by}，{moment(each.at)}", each.proof.digest[:16])
                for each in rows
            ],
            widths=(3, 2.4, 4, 3.4, 2.2),
        ),
    ]  # fmt: skip


def _verification(dossier: Dossier) -> list[Block]:
    hazard = dossier.hazard
    if not hazard.verified_at:
        return [Heading(1, "复查和销号"), Paragraph("尚未复查通过。")]
    doubts = [f"{each.used_as}“{each.name}”：{each.sentence}{_used_in(dossier, each)}" for each in hazard.doubts.all()]
    return [
        Heading(1, "复查和销号"),
        _table(
            [
                ("复查人", str(hazard.verified_by or "")),
                ("复查时间", moment(hazard.verified_at)),
                ("复查方式", "现场复查" if hazard.on_site else "资料复查"),
                ("复查意见", hazard.finding),
                ("照片存疑", in_one(doubts) or "无"),
                ("销号人", str(hazard.closed_by or "")),
                ("销号时间", moment(hazard.closed_at) if hazard.closed_at else "尚未销号"),
            ]
        ),
    ]


def _afterwards(dossier: Dossier) -> list[Block]:
    hazard, blocks = dossier.hazard, list[Block]()
    if dossier.look_backs:
        blocks.append(
            Table(
                head=("回头看期限", "结果", "查看日期", "查看人", "情况"),
                rows=[
                    (
                        full_day(each.due_on),
                        each.get_status_display(),
                        full_day(each.looked_on) if each.looked_on else "",
                        str(each.looked_by or ""),
                        _found_again(dossier, each),
                    )
                    for each in dossier.look_backs
                ],
                widths=(2.4, 2, 2.4, 1.8, 6),
            )
        )  # fmt: skip
    if hazard.recurs_from:
        blocks.append(Paragraph(f"本隐患是{dossier.name_of(hazard.recurs_from)}的复发。"))
    if hazard.duplicate_of:
        blocks.append(Paragraph(f"与{dossier.name_of(hazard.duplicate_of)}是同一隐患，后者保留。"))
    if review := Review.objects.filter(hazard=hazard).first():
        causes = (
            ("人", review.cause_person),
            ("机", review.cause_machine),
            ("环", review.cause_environment),
            ("管", review.cause_management),
        )
        blocks += [
            Heading(2, f"五步复盘（{review.get_status_display()}）"),
            _table(
                [
                    ("述情", review.facts),
                    ("析因", in_one(f"{label}：{text}" for label, text in causes if text)),
                    ("追责", review.accountability),
                    ("明责", review.duties),
                    ("治源", review.root_fix),
                ]
            ),
        ]
    return [Heading(1, "回头看和复盘"), *blocks] if blocks else []


def _used_in(dossier: Dossier, doubt: Doubt) -> str:
    numbers = "、".join(each.number for each in dossier.also_used_in.get(doubt.pk, ()))
    return f"：{numbers}" if numbers else ""


def _found_again(dossier: Dossier, look: LookBack) -> str:
    new = f"复发，登记为{dossier.name_of(look.new_hazard)}".rstrip() if look.new_hazard else ""
    return in_one((look.finding, new))


def _others(attachments: Sequence[Attachment], photos: Sequence[Attachment], shown: dict[int, bytes]) -> list[Block]:
    known = (BEFORE, AFTER, ON_SITE, LOOKED_AGAIN)
    rest = _pictures("其他照片", [each for each in photos if each.label not in known], shown)
    files = [each for each in attachments if not each.file.media_type.startswith("image/")]
    if not files:
        return rest
    rows = [(each.name, each.label, f"{each.attached_by_name}，{moment(each.attached_at)}", each.file.digest[:16]) for each in files]  # fmt: skip
    table = Table(head=("文件", "用途", "上传", "摘要（SHA-256）"), rows=rows, widths=(4, 2.5, 4.5, 2.5))
    return [*rest, Heading(1, "附件目录"), table]


def _trail(dossier: Dossier) -> list[Block]:
    rows = [
        (str(number), moment(line.at), line.by, "\n".join(filter(None, (line.label, line.said))), line.digest[:16], said_day(line.sealed_on) or "待封存")
        for number, line in enumerate(dossier.lines, 1)
    ]  # fmt: skip
    return [
        PageBreak(),
        Heading(1, "全程留痕"),
        Paragraph(f"{dossier.proof}。每条摘要由本条内容和前一条摘要算出，表中列前 16 位；完整摘要可在系统内逐条核对。"),
        Table(head=("序号", "时间", "办理人", "事项", "摘要", "封存日"), rows=rows, widths=(1, 3, 3, 9, 3, 2)),
    ]


# ── photos ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _pictures(title: str, photos: Sequence[Attachment], shown: dict[int, bytes]) -> list[Block]:
    if not photos:
        return []
    blocks: list[Block] = [Heading(1, title)]
    for number, photo in enumerate(photos, 1):
        words = caption_of(photo.name)
        caption = f"{title} {number}：{f'{words}；' if words else ''}{_taken(photo)}"
        if content := shown.get(photo.pk):
            blocks.append(Picture(content, caption=caption, description=f"{title} {number}"))
        else:
            blocks.append(Paragraph(f"{caption}（“{photo.name}”打不开，未能印出；原件摘要 {photo.file.digest[:16]}）"))
    return blocks


def _taken(photo: Attachment) -> str:
    facts = getattr(photo.file, "picture_facts", None)
    taken = f"{moment(facts.taken_at)} 拍摄" if facts and facts.taken_at else "没有拍摄时间"
    place = f"位置 {facts.latitude}，{facts.longitude}" if facts and facts.has_place else "没有位置"
    return f"{taken}，{place}，{photo.attached_by_name}上传"


def _shown(photos: Sequence[Attachment], progress: Any) -> dict[int, bytes]:
    """By attachment, the photo as it is printed; what cannot be opened is missing."""
    most = min(LARGEST_PHOTO, BUDGET // max(len(photos), 1))
    shown = {}
    for number, photo in enumerate(photos, 1):
        try:
            shown[photo.pk] = shrunk(path_of(photo.file).read_bytes(), most)
        except (OSError, Refused, ValueError, SyntaxError, Image.DecompressionBombError):
            continue
        finally:
            if progress:
                progress(number, len(photos))
    return shown


def shrunk(content: bytes, most: int) -> bytes:
    """The photo as a JPEG of at most `most` bytes: upright, as large as that allows; at the smallest side whatever it
    takes."""
    with Image.open(io.BytesIO(content)) as opened:
        opened.draft("RGB", (SIDES[0], SIDES[0]))
        picture = ImageOps.exif_transpose(opened).convert("RGB")
    saved = b""
    for side in SIDES:
        smaller = picture.copy()
        smaller.thumbnail((side, side))
        out = io.BytesIO()
        smaller.save(out, "JPEG", quality=QUALITY, optimize=True)
        saved = out.getvalue()
        if len(saved) <= most:
            break
    return saved


# ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────


def in_one(parts: Iterable[str]) -> str:
    """Several things told in one cell: what ends with a full stop is not followed by a second mark.

    >>> in_one(["已整改。", "", "投入 3 万元"])
    '已整改；投入 3 万元'
    """
    *firsts, last = [part for part in parts if part] or [""]
    return "；".join([*(each.rstrip("。；") for each in firsts), last])


def _table(rows: Sequence[tuple[str, Any]]) -> Table:
    """What is known, name on the left; what is not known is left out."""
    return Table(head=("项目", "内容"), rows=[(label, _said(value)) for label, value in rows if value], widths=(1, 3.4))


def _said(value: Any) -> str:
    return full_day(value) if isinstance(value, date) else str(value)


def _money(value: Decimal | None) -> str:
    return f"{value.normalize():,f}" if value is not None else ""
