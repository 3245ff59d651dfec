"""Forms of the organisation. They only ask; whether a thing may be so is decided by the services."""

from datetime import date
from typing import Any

from django import forms
from django.contrib.auth import get_user_model

from zhiben.core.org.models import Body, BodyKind, BodyMembership, Person, Post, Region, RegionLevel, Unit, UnitKind
from zhiben.core.org.roles import Role
from zhiben.core.org.sectors import EVERY_SECTOR, Sector

from .pickers import person_field, region_field, unit_field

SECTORS = [(EVERY_SECTOR, "全部行业（综合监管）"), *Sector.choices]


def _day(label: str, **kwargs: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(format="%Y-%m-%d"), **kwargs)


class RecordForm(forms.ModelForm):
    """Fields named one by one, so that nothing is saved behind the service's back."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name, value in self.known(self.instance).items():
                self.fields[name].initial = value
            for name in self.only_when_new:
                del self.fields[name]

    only_when_new: tuple[str, ...] = ()

    def _post_clean(self) -> None:
        """The record itself is left alone: what may be in it, the service says when it saves."""

    def known(self, record: Any) -> dict[str, Any]:
        return {name: getattr(record, name) for name in self.fields if hasattr(record, name)}


class RegionForm(RecordForm):
    name = forms.CharField(label="名称", max_length=64)
    level = forms.TypedChoiceField(label="层级", choices=RegionLevel.choices, coerce=int)
    parent = region_field("上级区域")
    code = forms.CharField(
        label="区划代码", max_length=12, required=False, help_text="12 位数字。开发区、园区等没有代码的可不填。"
    )
    is_functional = forms.BooleanField(label="开发区、园区等功能区", required=False)
    on = _day("自哪一天起", help_text="更名、变更代码自这一天起生效，以前的名称和代码保留备查。")

    only_when_new = ("level", "is_functional")

    class Meta:
        model = Region
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            del self.fields["on"]
        elif self.instance.parent_id is None:
            self.fields["parent"].required = False

    def known(self, region: Region) -> dict[str, Any]:
        code = region.codes.filter(valid_to=None).first()
        return {"name": region.name, "parent": region.parent, "code": code.code if code else ""}


class UnitForm(RecordForm):
    name = forms.CharField(label="全称", max_length=128, help_text="营业执照或三定方案上的名称。")
    short_name = forms.CharField(label="简称", max_length=32, required=False)
    kind = forms.ChoiceField(label="类别", choices=UnitKind.choices)
    region = region_field("所在区域")
    superior = unit_field("上级单位", required=False, help_text="办不了的事由它接着办。不填则按类别和区域确定。")
    sectors = forms.MultipleChoiceField(
        label="监管行业", choices=SECTORS, required=False, widget=forms.CheckboxSelectMultiple({"class": "choices"})
    )
    credit_code = forms.CharField(label="统一社会信用代码", max_length=18, required=False)
    aliases = forms.CharField(
        label="别名",
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text="文件中对它的其他叫法，一行一个，例如“市监局”。",
    )

    class Meta:
        model = Unit
        fields: tuple[str, ...] = ()

    def known(self, unit: Unit) -> dict[str, Any]:
        names = unit.aliases.order_by("pk").values_list("name", flat=True)
        return super().known(unit) | {"aliases": "\n".join(names)}

    def clean_aliases(self) -> list[str]:
        return list(dict.fromkeys(filter(None, map(str.strip, self.cleaned_data["aliases"].splitlines()))))


class PersonForm(RecordForm):
    name = forms.CharField(label="姓名", max_length=32)
    mobile = forms.CharField(label="手机", max_length=20, required=False)

    class Meta:
        model = Person
        fields: tuple[str, ...] = ()


class BodyForm(RecordForm):
    name = forms.CharField(label="名称", max_length=128)
    kind = forms.ChoiceField(label="类别", choices=BodyKind.choices)
    region = region_field("区域")
    office = unit_field("办事机构", required=False, help_text="承担日常工作的单位。")

    class Meta:
        model = Body
        fields: tuple[str, ...] = ()


class AppointmentForm(forms.Form):
    unit = unit_field("单位")
    role = forms.ChoiceField(label="角色", choices=Role.choices)
    title = forms.CharField(label="职务", max_length=64, required=False)
    sectors = forms.MultipleChoiceField(
        label="分管行业",
        choices=SECTORS,
        required=False,
        widget=forms.CheckboxSelectMultiple({"class": "choices"}),
        help_text="不选表示单位监管的全部行业。",
    )
    valid_from = _day("任职日")
    valid_to = _day("离任日", required=False, help_text="不填表示长期。")


class LastDayForm(forms.Form):
    last_day = _day("最后一天")


class MemberForm(forms.Form):
    unit = unit_field("成员单位", required=False)
    person = person_field("成员本人", required=False, help_text="按人列名时填写；只填单位则由其负责人参加。")
    position = forms.ChoiceField(label="职务", choices=BodyMembership.Position.choices, initial="member")


class DelegationForm(forms.Form):
    post = forms.ModelChoiceField(label="我的岗位", queryset=Post.objects.none(), empty_label=None)
    deputy = person_field("代理人")
    valid_from = _day("从")
    valid_to = _day("到", help_text="到这一天结束时自动终止。")
    reason = forms.CharField(label="事由", max_length=128, required=False)

    def __init__(self, *args: Any, person: Person, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        posts = Post.objects.valid_on(today).filter(person=person).select_related("unit")
        self.fields["post"].queryset = posts  # type: ignore[attr-defined]
        self.fields["valid_from"].initial = today


class AccountForm(forms.Form):
    username = forms.CharField(label="登录名", max_length=64)

    def clean_username(self) -> str:
        username = self.cleaned_data["username"]
        if get_user_model().objects.filter(username__iexact=username).exists():
            raise forms.ValidationError(f"登录名“{username}”已被使用，请另选一个。")
        return username
