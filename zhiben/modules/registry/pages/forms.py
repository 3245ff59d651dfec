"""Forms of an enterprise's file. They only ask; whether a thing may be so is decided by the services."""

from typing import Any

from django import forms

from zhiben.core.org.sectors import Sector
from zhiben.core.web.organisation.forms import RecordForm
from zhiben.core.web.organisation.pickers import region_field, unit_field

from ..industries import read_industry
from ..models.enterprises import Enterprise, Part, Scale
from ..models.parts import Equipment, Licence, Process, Site, Staff
from ..trades import known_trades

DAY = forms.DateInput(format="%Y-%m-%d")
EMPTY = [("", "——")]


class OwnFileForm(RecordForm):
    """What an enterprise says of itself."""

    industry = forms.CharField(
        label="国民经济行业",
        max_length=40,
        required=False,
        help_text="《国民经济行业分类》的代码或大类名称，例如 C26、C2614、餐饮业。",
    )
    scale = forms.ChoiceField(label="规模", choices=[*EMPTY, *Scale.choices], required=False)
    staff_count = forms.IntegerField(label="从业人数", min_value=0, required=False)
    products = forms.CharField(label="主要产品或业务", max_length=200, required=False)
    established_on = forms.DateField(label="成立日期", widget=DAY, required=False)
    address = forms.CharField(label="地址", max_length=200, required=False)
    latitude = forms.DecimalField(
        label="纬度", max_digits=9, decimal_places=6, required=False, help_text="WGS 84 坐标，例如 24.345678。"
    )
    longitude = forms.DecimalField(
        label="经度", max_digits=9, decimal_places=6, required=False, help_text="WGS 84 坐标，例如 102.345678。"
    )
    head_name = forms.CharField(label="主要负责人", max_length=32, required=False)
    head_mobile = forms.CharField(label="主要负责人电话", max_length=20, required=False)
    officer_name = forms.CharField(label="安全管理员", max_length=32, required=False)
    officer_mobile = forms.CharField(label="安全管理员电话", max_length=20, required=False)

    class Meta:
        model = Enterprise
        fields: tuple[str, ...] = ()

    def clean_industry(self) -> str:
        text = self.cleaned_data["industry"]
        code = read_industry(text) if text else ""
        if code is None:
            raise forms.ValidationError(
                f"“{text}”不在《国民经济行业分类》中，请填写代码或大类名称，例如 C26、C2614、餐饮业。"
            )
        return code


class EnterpriseForm(OwnFileForm):
    """The whole file, for those who supervise."""

    name = forms.CharField(label="企业名称", max_length=128, help_text="与营业执照一致。")
    credit_code = forms.CharField(
        label="统一社会信用代码", max_length=18, required=False, help_text="18 位。还没有办执照的可先不填。"
    )
    company_code = forms.CharField(
        label="企业编码",
        max_length=9,
        required=False,
        help_text="9 位，危险化学品登记时取得；参加双重预防数据交换的才填。",
    )
    region = region_field("所在区域", help_text="乡镇（街道）或园区。")
    sector = forms.ChoiceField(
        label="行业领域", choices=[*EMPTY, *Sector.choices], required=False, help_text="据此按监管分工确定监管单位。"
    )
    trades = forms.MultipleChoiceField(
        label="安全行业",
        required=False,
        widget=forms.CheckboxSelectMultiple({"class": "choices"}),
        help_text="适用哪些判定标准，可选多个。",
    )
    supervising_unit = unit_field("监管单位", required=False, help_text="不填则按监管分工确定。")

    field_order = (
        "name", "credit_code", "region", "address", "sector", "supervising_unit", "industry", "scale", "staff_count",
        "products",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        trades: Any = self.fields["trades"]
        trades.choices = [(trade, trade) for trade in known_trades()]
        self.order_fields([*self.field_order, *(name for name in self.fields if name not in self.field_order)])

    def clean_credit_code(self) -> str:
        return "".join(self.cleaned_data["credit_code"].split()).upper()

    def clean_trades(self) -> tuple[str, ...]:
        return tuple(self.cleaned_data["trades"])


class PartForm(forms.ModelForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "site" in self.fields:
            site: Any = self.fields["site"]
            site.queryset = Site.objects.filter(enterprise=self.instance.enterprise)
            site.empty_label = "不在某个场所"

    def _post_clean(self) -> None:
        """The record itself is left alone: what may be in it, the service says when it saves."""


FIELDS: dict[type[Part], tuple[str, ...]] = {
    Site: ("name", "kind", "place", "latitude", "longitude", "is_closed"),
    Equipment: ("name", "kind", "number", "site", "in_use_on", "inspect_by", "retire_by"),
    Staff: ("name", "job", "mobile", "certificate", "certificate_number", "certificate_until", "is_gone"),
    Process: ("name", "kind", "quantity", "is_ended"),
    Licence: ("name", "number", "issued_by", "valid_from", "valid_to", "is_void"),
}
_DAYS = ("in_use_on", "inspect_by", "retire_by", "certificate_until", "valid_from", "valid_to")


def form_of(part_type: type[Part]) -> type[PartForm]:
    fields = FIELDS[part_type]
    return forms.modelform_factory(  # type: ignore[return-value]
        part_type, form=PartForm, fields=fields, widgets={name: DAY for name in _DAYS if name in fields}
    )


class InspectionForm(forms.Form):
    inspected_on = forms.DateField(label="检验日期", widget=DAY)
    inspect_by = forms.DateField(
        label="下次检验日期", widget=DAY, required=False, help_text="见检验报告；不再要求检验的可不填。"
    )


class TurnForm(forms.Form):
    reason = forms.CharField(
        label="说明", required=False, max_length=500, widget=forms.Textarea({"rows": 3}), help_text="为什么、由谁决定。"
    )
