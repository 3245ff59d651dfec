"""Enterprises for other systems: the list, the file of one, its life, and files written by code."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from ninja import Schema
from pydantic import Field

from zhiben.core.api.fields import Shown, plain
from zhiben.core.api.operations import told, writes
from zhiben.core.api.problems import Problem
from zhiben.core.api.records import AttachmentOut, Filters, Key, RecordApi, Updated, Whole, attached_to
from zhiben.core.api.scopes import scope
from zhiben.core.org.models import Region, RegionCode, Unit
from zhiben.core.org.paths import within
from zhiben.core.org.sectors import Sector
from zhiben.core.web.pages.at import At

from .models import Enterprise, EnterpriseStatus, Equipment, Licence, Process, Scale, Site, Staff
from .services import NewEnterprise, change_enterprise, register_enterprise

scope("enterprises:read", "读取企业档案")
scope("enterprises:write", "建立、修改企业档案，办理停产、关闭等步骤")

MOST_PARTS = 200
PARTS = (
    ("sites", Site, ("id", "name", "kind", "place", "is_closed")),
    ("equipment", Equipment, ("id", "name", "kind", "number", "state", "in_use_on", "inspect_by", "retire_by")),
    ("staff", Staff, ("id", "name", "job", "certificate", "certificate_number", "certificate_until", "is_gone")),
    ("processes", Process, ("id", "name", "kind", "quantity", "is_ended")),
    ("licences", Licence, ("id", "name", "number", "issued_by", "valid_from", "valid_to", "is_void")),
)
Degrees = Annotated[Decimal, Field(max_digits=9, decimal_places=6)]


class EnterpriseFilters(Updated, Filters):
    status: list[EnterpriseStatus] = Field([], max_length=4, description="状态，可写多个")
    sector: list[Sector] = Field([], max_length=30, description="行业领域，可写多个")
    trade: str = Field("", max_length=64, description="安全行业，例如 工贸-粉尘涉爆")
    scale: list[Scale] = Field([], max_length=5, description="规模，可写多个")
    supervision_class: list[str] = Field([], max_length=8, description="监管类别：A、B、C、D，可写多个")
    supervising_unit: Key | None = Field(None, description="监管单位的编号")
    region: Key | None = Field(None, description="区域的编号，含下级区域")
    credit_code: str = Field("", max_length=18, description="统一社会信用代码")
    search: str = Field("", max_length=64, description="名称中的几个字")

    lookups = {
        "status": "status__in",
        "sector": "sector__in",
        "scale": "scale__in",
        "supervision_class": "supervision_class__in",
        "supervising_unit": "supervising_unit_id",
        "credit_code": "credit_code",
        "search": "name__icontains",
    }

    def narrow(self, rows: QuerySet, at: At) -> QuerySet:
        rows = super().narrow(rows, at)
        if self.trade:
            rows = rows.of_trade(self.trade)  # type: ignore[attr-defined]
        if self.region is not None:
            region = Region.objects.filter(pk=self.region).first()
            rows = rows.filter(within(region.path)) if region else rows.none()
        return rows


class EnterpriseMore(Schema):
    """一家企业的档案比列表多说的内容。"""

    sites: list[dict[str, Any]] = Field(description="场所")
    equipment: list[dict[str, Any]] = Field(description="设备设施")
    staff: list[dict[str, Any]] = Field(description="安全相关人员和证书")
    processes: list[dict[str, Any]] = Field(description="危险工艺、作业和物质")
    licences: list[dict[str, Any]] = Field(description="证照")
    attachments: list[AttachmentOut]


class EnterpriseApi(RecordApi):
    model, path, title, scope, answer = Enterprise, "enterprises", "企业", "enterprises", "Enterprise"
    fields = (
        "id", "name", "credit_code", "company_code", "status", "sector", "industry", "scale", "staff_count", "products", "address",
        "latitude", "longitude", "established_on", "head_name", "head_mobile", "officer_name", "officer_mobile",
        "supervising_unit", "supervision_class", "class_reason", "registered_at", "status_since", "unit",
        Shown("trades", list[str], ("trades",), plain, "安全行业"),
        Shown("region", int, ("unit__region_id",), plain, "所在区域的编号"),
    )  # fmt: skip
    filters = EnterpriseFilters
    detail = EnterpriseMore
    sort = "name"
    help = "令牌的岗位看得到的企业，按名称排列。"

    def more(self, enterprise: Enterprise, at: At) -> dict[str, Any]:
        parts = {
            key: [
                {name: plain(value) for name, value in row.items()}
                for row in model._default_manager.filter(enterprise=enterprise).values(*names)[:MOST_PARTS]
            ]
            for key, model, names in PARTS
        }
        return parts | {"attachments": attached_to(self.record_type, str(enterprise.pk))}


class EnterpriseIn(Schema):
    """一家企业。没有写的项不改动；写空的项清空。"""

    model_config = {"extra": "forbid"}
    credit_code: str = Field(min_length=18, max_length=18, description="统一社会信用代码")
    name: str = Field("", max_length=128, description="企业名称；新建时必填")
    region: str = Field(
        "", max_length=12, description="所在区域的 12 位区划代码；新建时必填", examples=["990121101000"]
    )
    company_code: str = Field("", pattern=r"^(\d{9})?$", description="危险化学品登记的企业编码，9 位")
    sector: Sector | None = Field(None, description="行业领域")
    trades: list[str] = Field(default_factory=list, max_length=20, description="安全行业")
    industry: str = Field("", max_length=5, description="国民经济行业代码", examples=["C2614"])
    scale: Scale | None = Field(None, description="规模")
    staff_count: Whole | None = Field(None, ge=0, description="从业人数")
    products: str = Field("", max_length=200, description="主要产品或业务")
    established_on: date | None = Field(None, description="成立日期")
    address: str = Field("", max_length=200, description="地址")
    latitude: Degrees | None = Field(None, description="纬度，WGS 84")
    longitude: Degrees | None = Field(None, description="经度，WGS 84")
    head_name: str = Field("", max_length=32, description="主要负责人")
    head_mobile: str = Field("", max_length=20, description="主要负责人电话")
    officer_name: str = Field("", max_length=32, description="安全管理员")
    officer_mobile: str = Field("", max_length=20, description="安全管理员电话")
    supervising_unit: Key | None = Field(None, description="监管单位的编号；不写则按监管分工确定")


router = EnterpriseApi.router()


@writes(
    router, "", scope="enterprises:write", answer=EnterpriseApi().row_schema, also=(404,),
    summary="按统一社会信用代码建立或修改企业档案",
    description="没有这个代码的企业时建档，已有的按写明的项修改；同样的内容再写一次，什么都不改变。",
    name="write_enterprise",
)  # fmt: skip
def write_enterprise(request: HttpRequest, sent: EnterpriseIn) -> HttpResponse:
    api, at = EnterpriseApi(), At(request.acting, request.now)
    to: dict[str, Any] = {"by": at.acting, "now": at.now}
    given = _given(sent)
    known = Enterprise.objects.filter(credit_code=given["credit_code"]).first()
    if known is None:
        if missing := [name for name in ("name", "region") if not given.get(name)]:
            raise Problem(422, "新建企业档案须写明名称和所在区域。", dict.fromkeys(missing, "新建时必填"))
        known = register_enterprise(enterprise=NewEnterprise(**given), **to)
    elif api.rows(at).filter(pk=known.pk).exists():
        change_enterprise(enterprise=known, **given, **to)
    else:
        raise Http404
    return told(api.row_of(known.pk, at))


def _given(sent: EnterpriseIn) -> dict[str, Any]:
    """Only what was written, in the words of the services. Raises Problem 422 for what is not known."""
    given = sent.dict(exclude_unset=True)
    given["credit_code"] = sent.credit_code.upper()
    if "region" in given:
        row = RegionCode.objects.filter(code=given["region"], valid_to=None).select_related("region").first()
        if row is None:
            raise Problem(422, "没有这个区划代码，请核对。", {"region": "没有这个区划代码"})
        given["region"] = row.region
    if given.get("supervising_unit") is not None:
        unit = Unit.objects.filter(pk=given["supervising_unit"], valid_to=None).first()
        if unit is None:
            raise Problem(422, "没有这个监管单位，请核对编号。", {"supervising_unit": "没有这个单位"})
        given["supervising_unit"] = unit
    elif "supervising_unit" in given:
        del given["supervising_unit"]
    for name in ("sector", "scale"):
        if name in given:
            given[name] = str(given[name] or "")
    if "trades" in given:
        given["trades"] = tuple(given["trades"])
    return given
