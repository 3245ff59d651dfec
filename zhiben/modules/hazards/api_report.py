"""What another system says of a hazard that it reports."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from ninja import Schema
from pydantic import BeforeValidator, Field

from zhiben.core.api.problems import Problem
from zhiben.core.api.records import (
    Key,
    Whole,
)
from zhiben.core.files.models import Upload
from zhiben.core.org.models import Unit
from zhiben.core.web.pages.at import At
from zhiben.modules.criteria.models import Criterion
from zhiben.modules.registry.models import Enterprise, Site

from .models import (
    Category,
    Channel,
    HazardLevel,
)
from .reporting import Report


def _degrees(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("应为数，例如 102.345678")
    return value


Degrees = Annotated[Decimal, BeforeValidator(_degrees), Field(max_digits=9, decimal_places=6)]


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


def report_of(sent: ReportIn, at: At) -> Report:
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
