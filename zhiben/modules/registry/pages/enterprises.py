"""The list of enterprises and the file of each (一企一档)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.http import QueryDict

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, may
from zhiben.core.access.scope import can_see
from zhiben.core.org.sectors import Sector
from zhiben.core.refusal import Refused
from zhiben.core.web.menu import MenuEntry
from zhiben.core.web.pages.at import At
from zhiben.core.web.pages.columns import Column
from zhiben.core.web.pages.filters import Choice, DateRange, Filter, RegionFilter, UnitFilter
from zhiben.core.web.pages.record import Panel, RecordPages, Total

from .. import services
from ..checks import keeping_refusal, position_doubt
from ..models import EXISTING, Enterprise, EnterpriseStatus
from ..panels import PANELS, register
from ..trades import known_trades
from .forms import EnterpriseForm, OwnFileForm
from .parts import part_panels

MERGED_SHOWN = 50


@dataclass(frozen=True)
class TradeFilter(Filter):
    """Enterprises to which one sector of the criteria catalogue applies."""

    template = "web/filters/select.html"

    def choices(self, model: Any, at: At) -> list[tuple[str, str]]:
        return [(trade, trade) for trade in known_trades()]

    def read(self, params: QueryDict, at: At) -> str | None:
        trade = params.get(self.name, "")
        return trade if trade in known_trades() else None

    def narrow(self, rows: QuerySet, value: str, at: At) -> QuerySet:
        return rows.of_trade(value)  # type: ignore[attr-defined]


# ── panels ───────────────────────────────────────────────────────────────────────────────────────────────────────


def position_of(enterprise: Enterprise, at: At) -> Mapping[str, Any] | None:
    if not enterprise.position:
        return None
    doubt = position_doubt(enterprise.region_path, enterprise.latitude, enterprise.longitude, but=enterprise)
    return {"position": enterprise.position, "doubt": doubt}


def absorbed_by(enterprise: Enterprise, at: At) -> Mapping[str, Any] | None:
    """Whose files were merged into this one; a link only where this post may open it."""
    absorbed = list(enterprise.absorbed.all()[:MERGED_SHOWN])
    heir = [enterprise.merged_into] if enterprise.merged_into else []
    if not absorbed and not heir:
        return None
    seen = set(Enterprise.objects.visible_to(at.acting).filter(pk__in=[each.pk for each in [*absorbed, *heir]]).values_list("pk", flat=True))  # fmt: skip
    return {
        "rows": [("并入本企业", each, each.pk in seen) for each in absorbed]
        + [("已并入", each, each.pk in seen) for each in heir]
    }


register(
    *part_panels(),
    Panel("位置", "registry/panels/position.html", position_of, side=True),
    Panel("合并", "registry/panels/merged.html", absorbed_by, side=True),
)


# ── pages ────────────────────────────────────────────────────────────────────────────────────────────────────────


class EnterprisePages(RecordPages):
    model, name, title = Enterprise, "enterprises", "企业"
    imports = "registry.enterprises"
    columns = (
        Column("name", link=True),
        Column("sector_name", "行业领域"),
        Column("unit__region", "所在区域", order=""),
        Column("supervision_class"),
        Column("status", kind="state"),
        Column("supervising_unit", "监管单位"),
        Column("scale"),
        Column("staff_count", shown=False),
        Column("credit_code", shown=False),
        Column("trade_names", "安全行业", shown=False),
        Column("industry_name", "国民经济行业", shown=False),
        Column("address", shown=False),
        Column("head_name", shown=False),
        Column("head_mobile", shown=False),
        Column("officer_name", shown=False),
        Column("officer_mobile", shown=False),
        Column("latitude", shown=False),
        Column("longitude", shown=False),
        Column("registered_at", shown=False),
    )
    filters = (
        RegionFilter(),
        Choice("sector", "行业领域", options=tuple(Sector.choices)),
        TradeFilter("trade", "安全行业"),
        Choice("scale"),
        Choice("status"),
        Choice("class", "监管类别", "supervision_class", options=tuple((each, f"{each} 类") for each in "ABCD")),
        UnitFilter("supervisor", "监管单位", "supervising_unit"),
        DateRange("registered_at", "建档日期"),
    )
    search = ("name", "credit_code")
    sort = "name"
    totals = (
        Total("在营", lambda at: Q(status=EnterpriseStatus.OPERATING), opens="status=operating"),
        Total("停产停业", lambda at: Q(status=EnterpriseStatus.SUSPENDED), opens="status=suspended"),
        Total("没有监管单位", lambda at: Q(supervising_unit=None, status__in=EXISTING)),
    )
    facts = (
        (
            "基本信息",
            (
                "name",
                "credit_code",
                Column("unit__region", "所在区域"),
                "address",
                Column("sector_name", "行业领域"),
                Column("trade_names", "安全行业"),
                Column("industry_name", "国民经济行业"),
                "products",
                "scale",
                "staff_count",
                "established_on",
                "status_since",
                "reason",
            ),
        ),
        (
            "责任",
            (
                "supervising_unit",
                "supervision_class",
                "head_name",
                "head_mobile",
                "officer_name",
                "officer_mobile",
                "registered_at",
            ),
        ),
    )
    tones = {
        EnterpriseStatus.OPERATING: "green",
        EnterpriseStatus.SUSPENDED: "orange",
        EnterpriseStatus.CLOSED: "",
        EnterpriseStatus.MERGED: "",
    }
    related = ("unit__region", "merged_into")
    detail_template = "registry/enterprise.html"
    form = EnterpriseForm
    creates = Permission.MANAGE_ENTERPRISES
    empty = "还没有企业档案。可以新建一家，或用“导入”把现有的企业台账一次录入。"
    help = "一家企业一份档案。企业自己的人员维护联系方式、场所、设备和证照；名称、代码、行业和监管单位由监管单位核对。"

    @property
    def panels(self) -> tuple[Panel, ...]:  # type: ignore[override]
        return tuple(PANELS)

    def may_edit(self, record: models.Model, at: At) -> str | None:
        assert isinstance(record, Enterprise)
        return keeping_refusal(record, at.acting, seen=True)

    def form_for(self, record: Any, at: At) -> type[forms.ModelForm]:
        """An enterprise's own people are not asked for what is not theirs to say."""
        return EnterpriseForm if may(at.acting, Permission.MANAGE_ENTERPRISES) else OwnFileForm

    def save(self, form: forms.ModelForm, *, by: Acting, now: datetime) -> models.Model:
        given: dict[str, Any] = dict(form.cleaned_data)
        if form.instance._state.adding:
            with transaction.atomic():
                made = services.register_enterprise(enterprise=services.NewEnterprise(**given), by=by, now=now)
                if not can_see(made, by):
                    raise Refused(
                        f"按监管分工，这家企业由“{made.supervising_unit}”监管，本单位看不到它的档案。"
                        "请由该单位建档，或核对行业领域。",
                        "sector",
                    )
            return made
        if given.get("supervising_unit", "") is None:  # left empty: the matrix says who, as at the beginning
            del given["supervising_unit"]
        enterprise = Enterprise.objects.get(pk=form.instance.pk)
        return services.change_enterprise(enterprise=enterprise, by=by, now=now, **given)


menu = (
    MenuEntry("企业", "enterprises:list", icon="building-factory-2", permission=Permission.READ_RECORDS, under="企业"),
    MenuEntry("到期提醒", "registry:due", icon="calendar-due", permission=Permission.READ_RECORDS, under="企业"),
)
