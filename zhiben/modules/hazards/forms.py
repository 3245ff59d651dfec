"""What somebody tells who records a hazard."""

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q, QuerySet

from zhiben.core.access.acting import Acting
from zhiben.core.ids import new_id
from zhiben.core.org.models import Unit, UnitKind
from zhiben.core.org.paths import within
from zhiben.core.web.lookups import resolve_unit
from zhiben.modules.criteria.models import Criterion
from zhiben.modules.registry.models import Enterprise, EnterpriseStatus, Site

from .codes import DISCIPLINES, SOURCES
from .models import Category, Channel, Hazard, HazardLevel

WORKING = (EnterpriseStatus.OPERATING, EnterpriseStatus.SUSPENDED)
OFFERED_CHANNELS = (
    Channel.INSPECTION,
    Channel.PUBLIC_REPORT,
    Channel.EXPERT,
    Channel.INSURER,
    Channel.SUPERIOR,
    Channel.SENSOR_ALARM,
)
"""What somebody in an office can choose; an enterprise inspects itself, imports and interfaces say so themselves."""


def enterprises_around(acting: Acting) -> QuerySet[Enterprise]:
    """Those about which this post may record something: its own, or all in its region whatever the sector (首查负责)."""
    rows = Enterprise.objects.filter(status__in=WORKING)
    if acting.unit.kind == UnitKind.ENTERPRISE:
        return rows.filter(unit=acting.unit)
    return rows.filter(within(acting.unit.region_path) | Q(supervising_unit=acting.unit))


class CorrectionForm(forms.ModelForm):
    """What may be put right of a record; what stood there before stays in the trail."""

    class Meta:
        model = Hazard
        fields = (
            "place",
            "description",
            "danger",
            "category",
            "immediate_measures",
            "latitude",
            "longitude",
            "found_by_name",
        )


class ReportForm(forms.Form):
    """The report of one hazard. `id` is made with the empty form: the same form sent twice is one hazard."""

    id = forms.UUIDField(widget=forms.HiddenInput)
    enterprise = forms.UUIDField(label="企业", required=False)
    unit = forms.IntegerField(label="责任单位", required=False)
    site = forms.IntegerField(label="场所", required=False)
    place = forms.CharField(label="具体位置", max_length=128, error_messages={"required": "请写清在什么位置"})
    description = forms.CharField(
        label="是什么隐患", max_length=5000, error_messages={"required": "请写下看到了什么，哪里不对"}
    )
    danger = forms.CharField(label="可能造成什么后果", required=False, max_length=2000)
    category = forms.ChoiceField(label="类别", choices=Category.choices, required=False)
    discipline = forms.TypedChoiceField(
        label="专业", choices=(("", "不填"), *DISCIPLINES.items()), coerce=int, empty_value=None, required=False
    )
    inspection_kind = forms.TypedChoiceField(
        label="排查类型", choices=(("", "不填"), *SOURCES.items()), coerce=int, empty_value=None, required=False
    )
    immediate_measures = forms.CharField(label="已经采取的临时措施", required=False, max_length=2000)
    level = forms.ChoiceField(label="等级", choices=HazardLevel.choices, initial=HazardLevel.GENERAL)
    criterion = forms.IntegerField(label="判定依据", required=False)
    criterion_reason = forms.CharField(label="判定理由", required=False, max_length=2000)
    channel = forms.ChoiceField(label="怎么发现的", choices=Channel.choices, required=False)
    found_by_name = forms.CharField(label="发现人", required=False, max_length=64)
    found_on = forms.DateField(label="发现日期", error_messages={"invalid": "请选择发现日期"})
    rectify_by = forms.DateField(label="建议整改期限", required=False)
    latitude = forms.DecimalField(required=False, max_digits=9, decimal_places=6, min_value=-90, max_value=90)
    longitude = forms.DecimalField(required=False, max_digits=9, decimal_places=6, min_value=-180, max_value=180)
    fixed = forms.BooleanField(label="当场已经改好", required=False)
    summary = forms.CharField(label="怎么改的", required=False, max_length=2000)

    def __init__(self, data: Any = None, *, acting: Acting, today: date, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial={"id": new_id(), "found_on": today, **(initial or {})}, auto_id="id_%s")
        self.acting, self.today = acting, today

    def clean_enterprise(self) -> Enterprise | None:
        key: UUID | None = self.cleaned_data["enterprise"]
        rows = enterprises_around(self.acting).select_related("unit")
        if key:
            found = rows.filter(pk=key).first()
            if found is None:
                raise forms.ValidationError("没有找到这家企业，或它不在您的辖区。请重新搜索选择")
            return found
        typed = str(self.data.get("enterprise_text", "")).strip()
        if not typed:
            return None
        named = list(rows.filter(Q(name=typed) | Q(credit_code=typed.upper()))[:2])
        if len(named) != 1:
            raise forms.ValidationError(f"没有找到唯一的“{typed}”，请从下拉列表中选择，或先在企业档案里登记")
        return named[0]

    def clean_unit(self) -> Unit | None:
        key = self.cleaned_data["unit"]
        typed = str(self.data.get("unit_text", "")).strip()
        if not key and not typed:
            return None
        found = Unit.objects.filter(pk=key).first() if key else resolve_unit(typed)
        if found is None:
            raise forms.ValidationError(f"没有找到唯一的“{typed}”，请从下拉列表中选择")
        return found

    def clean_found_on(self) -> date:
        day: date = self.cleaned_data["found_on"]
        if day > self.today:
            raise forms.ValidationError("发现日期不能晚于今天")
        return day

    def clean_criterion(self) -> Criterion | None:
        key = self.cleaned_data["criterion"]
        return Criterion.objects.select_related("standard").filter(pk=key).first() if key else None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "enterprise" in data and "unit" in data and not data["enterprise"] and not data["unit"]:
            self.add_error("enterprise", "请选择企业；不是企业的地方，请点“不是企业”，选择负责的单位")
        if data.get("site") and data.get("enterprise"):
            data["site"] = Site.objects.filter(enterprise=data["enterprise"], pk=data["site"]).first()
        else:
            data["site"] = None
        if (data.get("latitude") is None) != (data.get("longitude") is None):
            data["latitude"] = data["longitude"] = None
        if data.get("fixed") and not data.get("summary"):
            self.add_error("summary", "当场改好的，请写一句怎么改的")
        if data.get("fixed") and data.get("level") == HazardLevel.MAJOR:
            self.add_error("fixed", "重大隐患不能即查即改，请去掉“当场已经改好”，按整改流程办理")
        return data
