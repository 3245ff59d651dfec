"""Hazards for other systems: lists, records with all that was planned and proved, reports, steps; look-backs; reviews."""

from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from ninja import Path, Query, Schema
from pydantic import AwareDatetime, BeforeValidator, Field, field_validator

from zhiben.core.api.fields import Named, Shown, named, plain
from zhiben.core.api.operations import group, reads, told, writes
from zhiben.core.api.problems import Problem
from zhiben.core.api.records import (
    AttachmentOut,
    Filters,
    Key,
    Plain,
    RecordApi,
    Updated,
    Whole,
    attached_to,
    refuse_unknown,
)
from zhiben.core.api.scopes import scope
from zhiben.core.audit.services import lines_of
from zhiben.core.files.models import Upload
from zhiben.core.org.models import Unit
from zhiben.core.org.sectors import Sector
from zhiben.core.search.matching import matching
from zhiben.core.web.pages.at import At
from zhiben.modules.criteria.models import Criterion
from zhiben.modules.registry.models import Enterprise, Site

from . import dual_prevention
from .codes import DISCIPLINES, SOURCES
from .models import (
    Category,
    Channel,
    Hazard,
    HazardLevel,
    HazardLink,
    HazardStatus,
    LookBack,
    LookBackStatus,
    Review,
    ReviewStatus,
)
from .reporting import Report, report_hazard
from .searching import HAZARD_WORDS

scope("hazards:read", "读取隐患、回头看和复盘")
scope("hazards:write", "登记隐患，办理判定、交办、整改、复查、销号等步骤")

MOST_TOLD = 200
Short = partial(Field, max_length=64)


def _degrees(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("应为数，例如 102.345678")
    return value


Degrees = Annotated[Decimal, BeforeValidator(_degrees), Field(max_digits=9, decimal_places=6)]


# ── what is told ─────────────────────────────────────────────────────────────────────────────────────────────────


class PlanOut(Schema):
    """一次报送的五定。"""

    liable_person: str = Field(description="整改责任人")
    liable_mobile: str = Field(description="责任人电话")
    measures: str = Field(description="整改措施")
    funds: Decimal | None = Field(description="整改资金，元；台账带入而没有写的为 null")
    rectify_by: date | None = Field(description="整改时限；台账带入而没有写的为 null")
    contingency_plan: str = Field(description="应急预案和防范措施")
    goals: str = Field(description="治理目标和任务")
    bodies: str = Field(description="负责机构和人员")
    safety_measures: str = Field(description="治理期间的安全措施")
    filed_at: datetime = Field(description="报送时间")
    accepted_at: datetime | None = Field(description="通过时间；没有通过时为 null")
    returned_because: str = Field(description="退回理由")


class ProgressOut(Schema):
    """一次进展。"""

    at: datetime
    by: Named
    stage: str = Field(description="阶段")
    percent: int = Field(description="整改进度")
    text: str = Field(description="进展情况")
    spent: Decimal | None = Field(description="累计投入资金，元")


class LinkOut(Schema):
    """与另一条隐患的关系，由系统提出、由人确认。"""

    hazard: UUID = Field(description="另一条隐患的编号")
    kind: str = Field(description="可能重复（duplicate）、可能复发（recurrence）")
    score: float = Field(description="相似度，60 到 100")
    because: list[str] = Field(description="理由")
    is_confirmed: bool | None = Field(description="是否确认；还没有人决定时为 null")


class MomentOut(Schema):
    """留痕中的一行。"""

    at: datetime
    by: str = Field(description="办理人")
    label: str = Field(description="做了什么")
    from_state: str = Field(description="原状态")
    to_state: str = Field(description="办理后的状态")
    reason: str = Field(description="理由")
    digest: str = Field(description="这一行的摘要，可在审计链中核验")


class HazardMore(Schema):
    """一条隐患比列表多说的内容。"""

    danger: str = Field(description="危害")
    immediate_measures: str = Field(description="已采取的临时措施")
    criterion_reason: str = Field(description="判定理由")
    summary: str = Field(description="整改情况")
    finding: str = Field(description="复查意见")
    plans: list[PlanOut] = Field(description="报送的方案，最近的在前")
    progress_reports: list[ProgressOut] = Field(description="整改进展")
    likenesses: list[LinkOut] = Field(description="相似的隐患")
    timeline: list[MomentOut] = Field(description="全部留痕，最早的在前")
    attachments: list[AttachmentOut] = Field(description="照片和附件，用途见 label")


# ── hazards ──────────────────────────────────────────────────────────────────────────────────────────────────────


class HazardFilters(Updated, Filters):
    status: list[HazardStatus] = Field([], max_length=10, description="状态，可写多个")
    level: HazardLevel | None = Field(None, description="等级")
    channel: list[Channel] = Field([], max_length=9, description="来源，可写多个")
    enterprise: UUID | None = Field(None, description="企业的编号")
    unit: Key | None = Field(None, description="整改单位的编号")
    supervising_unit: Key | None = Field(None, description="监管单位的编号")
    sector: list[Sector] = Field([], max_length=30, description="行业领域，可写多个")
    found_from: date | None = Field(None, description="发现日期不早于")
    found_to: date | None = Field(None, description="发现日期不晚于")
    rectify_from: date | None = Field(None, description="整改期限不早于")
    rectify_to: date | None = Field(None, description="整改期限不晚于")
    changed_from: AwareDatetime | None = Field(None, description="最近变化不早于，须带时区")
    changed_to: AwareDatetime | None = Field(None, description="最近变化早于，须带时区")
    overdue: bool | None = Field(None, description="true：只要已逾期的；false：不要已逾期的")
    number: str = Field("", max_length=32, description="隐患编号")
    q: str = Field("", max_length=64, description="隐患情况、位置、编号或企业名称中的几个字，多个词用空格隔开")

    lookups = {
        "status": "status__in",
        "level": "level",
        "channel": "channel__in",
        "enterprise": "enterprise_id",
        "unit": "responsible_unit_id",
        "supervising_unit": "supervising_unit_id",
        "sector": "sector__in",
        "found_from": "found_on__gte",
        "found_to": "found_on__lte",
        "rectify_from": "rectify_by__gte",
        "rectify_to": "rectify_by__lte",
        "changed_from": "changed_at__gte",
        "changed_to": "changed_at__lt",
        "number": "number",
    }

    @field_validator("changed_from", "changed_to")
    @classmethod
    def _of_our_time(cls, value: datetime | None) -> datetime | None:
        if value is not None and not 2000 <= value.year <= 2100:
            raise ValueError("时间应在 2000 年到 2100 年之间")
        return value

    def narrow(self, rows: QuerySet, at: At) -> QuerySet:
        rows = super().narrow(rows, at)
        if self.overdue is not None:
            late = Hazard.objects.overdue(at.now).values("pk")
            rows = rows.filter(pk__in=late) if self.overdue else rows.exclude(pk__in=late)
        return matching(rows, HAZARD_WORDS, self.q)


class HazardApi(RecordApi):
    model, path, title, scope, answer = Hazard, "hazards", "隐患", "hazards", "Hazard"
    fields = (
        "id", "number", "status", "level", "enterprise", "responsible_unit", "supervising_unit", "closing_unit", "sector",
        "place", "latitude", "longitude", "description", "category", "channel",
        Shown("discipline", int | None, ("discipline",), plain,
              f"专业：{'、'.join(f'{label}（{code}）' for code, label in DISCIPLINES.items())}"),
        Shown("inspection_kind", int | None, ("inspection_kind",), plain,
              f"排查类型：{'、'.join(f'{label}（{code}）' for code, label in SOURCES.items())}"),
        Shown("criterion", str | None, ("criterion__key",), plain, "判定情形的编号"),
        "found_on", "found_by_name", "reported_at", "rectify_by", "plan_by", "verify_by", "extensions", "progress",
        "spent", "ordered_at", "rectified_at", "verified_at", "closed_at", "fixed_on_spot", "recurs_from",
        "duplicate_of", "changed_at",
    )  # fmt: skip
    filters = HazardFilters
    detail = HazardMore
    sort = "-found_on"
    help = "令牌的岗位看得到的隐患，最近发现的在前。要接着上次取变动的，用 updated_since。"

    def more(self, hazard: Hazard, at: At) -> dict[str, Any]:
        links = HazardLink.objects.filter(hazard=hazard, earlier__in=self.rows(at).values("pk"))
        return {
            **{name: getattr(hazard, name) for name in _LONG_TEXTS},
            "plans": [
                {name: plain(getattr(plan, name)) for name in PlanOut.model_fields} for plan in hazard.plans.all()
            ],
            "progress_reports": [
                {
                    "at": plain(each.at),
                    "by": named(each.by),
                    **{name: plain(getattr(each, name)) for name in ("stage", "percent", "text", "spent")},
                }
                for each in hazard.reports.select_related("by")
            ],
            "likenesses": [
                {
                    "hazard": str(each.earlier_id),
                    **{name: getattr(each, name) for name in ("kind", "score", "because", "is_confirmed")},
                }
                for each in links[:MOST_TOLD]
            ],
            "timeline": [
                {
                    "at": plain(line.at),
                    "by": line.actor_name,
                    **{name: getattr(line, name) for name in ("label", "from_state", "to_state", "reason", "digest")},
                }
                for line in lines_of(self.record_type, str(hazard.pk))[:MOST_TOLD]
            ],
            "attachments": attached_to(self.record_type, str(hazard.pk)),
        }


_LONG_TEXTS = ("danger", "immediate_measures", "criterion_reason", "summary", "finding")


class ReportIn(Schema):
    """发现的一条隐患。"""

    model_config = {"extra": "forbid"}
    id: UUID | None = Field(None, description="您给出的编号（UUIDv7）；同一编号再发一次，是同一条，不会重复登记")
    enterprise: UUID | None = Field(None, description="企业的编号；或写 credit_code")
    credit_code: str = Field("", max_length=18, description="企业的统一社会信用代码")
    unit: Key | None = Field(None, description="不属于企业的，写负责整改的单位的编号")
    site: Key | None = Field(None, description="企业场所的编号")
    place: str = Field(min_length=1, max_length=128, description="具体位置", examples=["一号厂房北侧消防车通道"])
    description: str = Field(
        min_length=1, max_length=5000, description="隐患情况", examples=["堆放托盘，长约 30 米，消防车无法通过"]
    )
    danger: str = Field("", max_length=2000, description="危害")
    category: Category | None = Field(None, description="类别")
    discipline: Annotated[Whole, Field(ge=1, le=8)] | None = Field(None, description="专业，1 到 8")
    immediate_measures: str = Field("", max_length=2000, description="已采取的临时措施")
    level: HazardLevel = Field(HazardLevel.GENERAL, description="拟定的等级，由监管单位判定")
    criterion: str = Field("", max_length=128, description="判定情形的编号，见 /criteria")
    criterion_reason: str = Field("", max_length=2000, description="理由")
    channel: Channel = Field(Channel.INTERFACE, description="来源")
    inspection_kind: Annotated[Whole, Field(ge=1, le=10)] | None = Field(None, description="排查类型，1 到 10")
    found_on: date = Field(description="发现日期", examples=["2026-03-10"])
    found_by_name: str = Field("", max_length=64, description="发现人")
    latitude: Degrees | None = Field(None, ge=-90, le=90, description="纬度，WGS 84")
    longitude: Degrees | None = Field(None, ge=-180, le=180, description="经度，WGS 84")
    rectify_by: date | None = Field(None, description="建议的整改期限")
    before_photos: list[Key] = Field(
        default_factory=list, max_length=20, description="照片的编号，先用 POST /files 上传"
    )
    reference: str = Field("", max_length=64, description="您系统中的编号；同一编号再发一次，是同一条")
    reference_label: str = Field("", max_length=200, description="来源说明，显示在隐患上")


hazards = HazardApi.router()
_hazards = HazardApi()


@writes(
    hazards, "", scope="hazards:write", answer=_hazards.row_schema, status=201, summary="登记隐患",
    name="report_hazard",
    description="只能登记令牌的岗位管得着的企业；照片先用 POST /files 上传。同一 id 或 reference 再发一次，回答原来的那条。",
)  # fmt: skip
def report(request: HttpRequest, sent: ReportIn) -> HttpResponse:
    at = At(request.acting, request.now)
    hazard = report_hazard(report=_report(sent, at), by=at.acting, now=at.now)
    return told(_hazards.row_of(hazard.pk), status=201)


def _report(sent: ReportIn, at: At) -> Report:
    """The rows that are named. Raises Problem 422 with a sentence for each that is not there, or not within sight."""
    wrong: dict[str, str] = {}
    enterprise = None
    if sent.enterprise or sent.credit_code:
        asked = {"pk": sent.enterprise} if sent.enterprise else {"credit_code": sent.credit_code.upper()}
        rows = Enterprise.objects.visible_to(at.acting).select_related("unit__region", "supervising_unit__region")
        enterprise = rows.filter(**asked).first()
        if enterprise is None:
            wrong["enterprise" if sent.enterprise else "credit_code"] = "没有这家企业，请核对"
    unit = Unit.objects.filter(pk=sent.unit, valid_to=None).first() if sent.unit else None
    if sent.unit and unit is None:
        wrong["unit"] = "没有这个单位，请核对编号"
    site = Site.objects.filter(pk=sent.site, enterprise=enterprise).first() if sent.site and enterprise else None
    if sent.site and site is None:
        wrong["site"] = "这家企业没有这个场所，请核对编号"
    criterion = Criterion.objects.select_related("standard").filter(key=sent.criterion).first()
    if sent.criterion and criterion is None:
        wrong["criterion"] = "目录中没有这个判定情形，请核对编号"
    photos = (
        Upload.objects.select_related("file").filter(uploaded_by_id=at.acting.person.pk).in_bulk(sent.before_photos)
    )
    if any(key not in photos for key in sent.before_photos):
        wrong["before_photos"] = "有的照片不存在，请先用 POST /files 上传"
    if wrong:
        raise Problem(422, "登记的内容有不对的地方，请改正后再发。", wrong)
    given = {name: getattr(sent, name) for name in _AS_SENT}
    return Report(
        **given,
        enterprise=enterprise,
        unit=unit if enterprise is None else None,
        site=site,
        criterion=criterion,
        category=str(sent.category or ""),
        before_photos=list(photos.values()),
        origin_type=f"api:{at.acting.post.pk}" if sent.reference else "",
        origin_id=sent.reference,
        origin_label=sent.reference_label,
    )


_AS_SENT = (
    "id", "place", "description", "danger", "discipline", "immediate_measures", "level", "criterion_reason", "channel",
    "inspection_kind", "found_on", "found_by_name", "latitude", "longitude", "rectify_by",
)  # fmt: skip


# ── what follows ─────────────────────────────────────────────────────────────────────────────────────────────────


class LookBackFilters(Updated, Filters):
    status: LookBackStatus | None = Field(None, description="状态")
    hazard: UUID | None = Field(None, description="隐患的编号")
    due_from: date | None = Field(None, description="期限不早于")
    due_to: date | None = Field(None, description="期限不晚于")

    lookups = {"status": "status", "hazard": "hazard_id", "due_from": "due_on__gte", "due_to": "due_on__lte"}


class LookBackApi(RecordApi):
    model, path, title, scope, answer = LookBack, "look-backs", "回头看", "hazards", "LookBack"
    fields = (
        "id", "hazard", "status", "due_on", "looked_on", "looked_by", "finding", "never_fixed", "new_hazard",
        "supervising_unit",
        Shown("is_drawn", bool, ("draw_id",), lambda draw: draw is not None, "是否随机抽中；重大隐患的按规则安排"),
    )  # fmt: skip
    filters = LookBackFilters
    sort = "due_on"
    help = "已销号的隐患再去看一次。企业的令牌看不到。"


class ReviewFilters(Updated, Filters):
    status: ReviewStatus | None = Field(None, description="进行到哪一步")
    hazard: UUID | None = Field(None, description="隐患的编号")
    unit: Key | None = Field(None, description="复盘单位的编号")

    lookups = {"status": "status", "hazard": "hazard_id", "unit": "responsible_unit_id"}


class ReviewApi(RecordApi):
    model, path, title, scope, answer = Review, "reviews", "五步复盘", "hazards", "Review"
    fields = (
        "id", "hazard", "status", "due_on", "responsible_unit", "supervising_unit", "facts", "cause_person",
        "cause_machine", "cause_environment", "cause_management", "accountability", "duties", "root_fix", "done_at",
    )  # fmt: skip
    filters = ReviewFilters
    sort = "due_on"
    help = "复发隐患的复盘：述情、析因、追责、明责、治源。"


look_backs, reviews = LookBackApi.router(), ReviewApi.router()


# ── dual prevention ──────────────────────────────────────────────────────────────────────────────────────────────


class BatchFilters(Plain):
    """一批取多少，要不要照片。"""

    limit: int = Field(100, ge=1, le=dual_prevention.MOST_AT_ONCE, description="最多多少条")
    photos: bool = Field(False, description="true：带整改前、整改后照片各一张（base64），每批会大得多")


class BatchOut(Schema):
    """一批隐患数据；收妥后请确认，没有确认的会再次送出。"""

    batch: UUID = Field(description="批次，确认时用")
    rows: list[dict[str, Any]] = Field(description="隐患表的各行，字段名和代码按双重预防机制数据交换规范")
    refused: int = Field(description="这次看过而缺少必填项的条数；原因见网页“双重预防数据”")


class AcknowledgedOut(Schema):
    """确认的结果。"""

    acknowledged: int = Field(description="确认的条数")


exchange = group("dual_prevention", "双重预防数据交换")


@reads(
    exchange, "/hazards", scope="hazards:read", answer=BatchOut, summary="取一批待送的隐患数据",
    name="take_dual_prevention_batch",
    description="没有确认过的，和确认以后又有变化的，都会给出。尚须与规范 V1.3 正式文本核对。",
)  # fmt: skip
def take_batch(request: HttpRequest, asked: Query[BatchFilters]) -> HttpResponse:
    refuse_unknown(request, BatchFilters)
    batch = dual_prevention.hand_out(by=request.acting, now=request.now, limit=asked.limit, photos=asked.photos)
    return told({"batch": str(batch.id), "rows": batch.rows, "refused": batch.refused})


@writes(
    exchange, "/batches/{uuid:key}/acknowledge", scope="hazards:write", answer=AcknowledgedOut, summary="确认收妥一批",
    name="acknowledge_dual_prevention_batch", also=(404,),
    description="确认两次与一次相同。以后有变化的会再次送出。没有这一批，或其中的记录都已在后来的批次里再次送出的，回答 404。",
)  # fmt: skip
def acknowledge_batch(request: HttpRequest, key: Path[UUID]) -> HttpResponse:
    acknowledged = dual_prevention.acknowledge(batch=key, by=request.acting, now=request.now)
    if not acknowledged:
        raise Http404
    return told({"acknowledged": acknowledged})
