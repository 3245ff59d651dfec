"""What somebody tells who records a hazard."""

from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.core.validators import MaxLengthValidator
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
from .reports import position_objection

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


class Words(forms.CharField):
    """A text of at most so many characters, refused in a sentence that says what to do."""

    def __init__(self, *, most: int, **more: Any) -> None:
        super().__init__(validators=[MaxLengthValidator(most, f"请控制在 {most} 字以内，详情可作附件上传")], **more)


NOT_OFFERED = {"invalid_choice": "不在可选范围内，请重新选择", "invalid": "不在可选范围内，请重新选择"}
NOT_FOUND = {"invalid": "没有找到所选的一项，请重新选择"}
NO_POSITION = {"invalid": "位置应是经度和纬度，请重新定位"}


class ReportForm(forms.Form):
    """The report of one hazard. `id` is made with the empty form: the same form sent twice is one hazard."""

    id = forms.UUIDField(widget=forms.HiddenInput)
    enterprise = forms.UUIDField(label="企业", required=False, error_messages=NOT_FOUND)
    unit = forms.IntegerField(label="责任单位", required=False, error_messages=NOT_FOUND)
    site = forms.IntegerField(label="场所", required=False, error_messages=NOT_FOUND)
    place = Words(label="具体位置", most=128, error_messages={"required": "请写清在什么位置"})
    description = Words(label="是什么隐患", most=5000, error_messages={"required": "请写下看到了什么，哪里不对"})
    danger = Words(label="可能造成什么后果", required=False, most=2000)
    category = forms.ChoiceField(label="类别", choices=Category.choices, required=False, error_messages=NOT_OFFERED)
    discipline = forms.TypedChoiceField(
        label="专业",
        choices=(("", "不填"), *DISCIPLINES.items()),
        coerce=int,
        empty_value=None,
        required=False,
        error_messages=NOT_OFFERED,
    )
    inspection_kind = forms.TypedChoiceField(
        label="排查类型",
        choices=(("", "不填"), *SOURCES.items()),
        coerce=int,
        empty_value=None,
        required=False,
        error_messages=NOT_OFFERED,
    )
    immediate_measures = Words(label="已经采取的临时措施", required=False, most=2000)
    photo_words = Words(label="照片里是什么", required=False, most=60)
    level = forms.ChoiceField(
        label="等级",
        choices=HazardLevel.choices,
        initial=HazardLevel.GENERAL,
        error_messages=NOT_OFFERED | {"required": "请选择一般或重大"},
    )
    criterion = forms.IntegerField(label="判定依据", required=False, error_messages=NOT_FOUND)
    criterion_reason = Words(label="判定理由", required=False, most=2000)
    channel = forms.ChoiceField(label="怎么发现的", choices=Channel.choices, required=False, error_messages=NOT_OFFERED)
    found_by_name = Words(label="发现人", required=False, most=64)
    found_on = forms.DateField(
        label="发现日期", error_messages={"invalid": "请选择发现日期", "required": "请选择发现日期"}
    )
    rectify_by = forms.DateField(
        label="建议整改期限", required=False, error_messages={"invalid": "日期应为年-月-日，请重新选择"}
    )
    latitude = forms.DecimalField(required=False, error_messages=NO_POSITION)
    longitude = forms.DecimalField(required=False, error_messages=NO_POSITION)
    fixed = forms.BooleanField(label="当场已经改好", required=False)
    summary = Words(label="怎么改的", required=False, most=2000)

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
        found = Criterion.objects.select_related("standard").filter(pk=key).first() if key else None
        if key and found is None:
            raise forms.ValidationError("目录中没有这个判定情形，请从候选中重新选择")
        return found

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "enterprise" in data and "unit" in data and not data["enterprise"] and not data["unit"]:
            self.add_error("enterprise", "请选择企业；不是企业的地方，请点“不是企业”，选择负责的单位")
        if data.get("site") and data.get("enterprise"):
            data["site"] = Site.objects.filter(enterprise=data["enterprise"], pk=data["site"]).first()
            if data["site"] is None:
                self.add_error("site", "所选的场所不属于这家企业，请重新选择")
        else:
            data["site"] = None
        self._see_position(data)
        if data.get("fixed") and not data.get("summary"):
            self.add_error("summary", "当场改好的，请写一句怎么改的")
        if data.get("fixed") and data.get("level") == HazardLevel.MAJOR:
            self.add_error("fixed", "重大隐患不能即查即改，请去掉“当场已经改好”，按整改流程办理")
        return data

    def _see_position(self, data: dict[str, Any]) -> None:
        """As exact as is kept; half a position is none."""
        latitude, longitude = data.get("latitude"), data.get("longitude")
        if latitude is None or longitude is None:
            data["latitude"] = data["longitude"] = None
        elif sentence := position_objection(latitude, longitude):
            self.add_error("latitude", sentence)
        else:
            data["latitude"], data["longitude"] = round(latitude, 6), round(longitude, 6)
