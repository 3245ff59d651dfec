"""Forms of contractors, experts, institutions and policies. They only ask; the services decide."""

from typing import Any

from django import forms

from zhiben.core.org.paths import ancestors
from zhiben.core.web.organisation.forms import RecordForm
from zhiben.core.web.organisation.pickers import region_field

from ..models.engagements import RUNNING, Engagement, EngagementKind, PaperKind, Qualification
from ..models.parties import Expert, Institution, Insurer, Party, PartyKind, Policy
from ..models.parts import Site
from ..trades import known_trades
from .forms import DAY


def _line(label: str, length: int, *, required: bool = True, **kwargs: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=length, required=required, **kwargs)


def _code(**kwargs: Any) -> forms.CharField:
    return _line("统一社会信用代码", 18, required=False, **kwargs)


def _bare(code: str) -> str:
    return "".join(code.split()).upper()


# ── contractors and lessees ──────────────────────────────────────────────────────────────────────────────────────


class ContactForm(RecordForm):
    """What may still be corrected once admitted."""

    head_name = _line("现场负责人", 32)
    head_mobile = _line("现场负责人电话", 20, required=False)
    workers = forms.IntegerField(label="作业人数", min_value=0, required=False, help_text="承包和分包单位必填。")

    class Meta:
        model = Engagement
        fields: tuple[str, ...] = ()


class EngagementForm(ContactForm):
    kind = forms.ChoiceField(label="类别", choices=EngagementKind.choices)
    name = _line("承包（承租）单位", 128, help_text="与营业执照一致。")
    credit_code = _code(help_text="18 位。承包和分包单位必填；与系统内企业代码相同的，会自动关联它的档案。")
    under = forms.ModelChoiceField(
        label="总包单位", queryset=Engagement.objects.none(), required=False, empty_label="不是分包",
        help_text="分包单位才填，从已准入的承包单位中选择。",
    )  # fmt: skip
    work = _line("作业或承租内容", 200, help_text="例如储罐防腐保温、仓库装卸、租用二号库房存放包装物。")
    sites = forms.ModelMultipleChoiceField(
        label="所在场所", queryset=Site.objects.none(), required=False,
        widget=forms.CheckboxSelectMultiple({"class": "choices"}), help_text="可选多个；承租的至少选一个，或者写明具体位置。",
    )  # fmt: skip
    place = _line("具体位置", 200, required=False)
    begins_on = forms.DateField(label="开始日期", widget=DAY)
    ends_on = forms.DateField(label="结束日期", widget=DAY)
    special_work = forms.BooleanField(
        label="有特种作业", required=False, help_text="电工、焊接与热切割、高处作业等，须登记作业人员的特种作业证。"
    )
    unlicensed_reason = _line(
        "不需要资质的理由", 200, required=False,
        help_text="保洁、绿化等法规不要求资质的承包，在此写明；写明后不再要求资质证书或安全生产许可证。",
    )  # fmt: skip

    field_order = (
        "kind", "name", "credit_code", "under", "work", "sites", "place", "begins_on", "ends_on", "head_name",
        "head_mobile", "workers", "special_work", "unlicensed_reason",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = self.instance.enterprise_id
        sites: Any = self.fields["sites"]
        sites.queryset = Site.objects.filter(enterprise=own, is_closed=False)
        under: Any = self.fields["under"]
        under.queryset = Engagement.objects.filter(
            enterprise=own, kind=EngagementKind.CONTRACTOR, status__in=RUNNING
        ).order_by("name", "pk")

    def known(self, record: Any) -> dict[str, Any]:
        if record._state.adding:
            return {}
        names = (name for name in self.fields if name != "sites")
        return {name: getattr(record, name) for name in names} | {"sites": list(record.sites.all())}

    def clean_credit_code(self) -> str:
        return _bare(self.cleaned_data["credit_code"])

    def clean_sites(self) -> list[Site]:
        return list(self.cleaned_data["sites"])


class PaperForm(RecordForm):
    kind = forms.ChoiceField(label="证照", choices=PaperKind.choices)
    holder = _line("持证单位或人员", 128, required=False, help_text="单位自己的证照可不填；人员的证写姓名。")
    number = _line("编号", 64)
    valid_to = forms.DateField(
        label="有效期至", widget=DAY, required=False, help_text="营业执照等长期有效的可不填，其他证照必填。"
    )
    is_void = forms.BooleanField(label="作废", required=False, help_text="已换证、人员已离开等不再使用的，勾选后保存。")

    class Meta:
        model = Qualification
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            del self.fields["is_void"]


# ── the pool of a region ─────────────────────────────────────────────────────────────────────────────────────────


class PartyForm(RecordForm):
    name = _line("名称", 128)
    region = region_field("服务区域", help_text="在哪个区域派用；下级区域也可以看到。")
    credit_code = _code()
    field = _line("业务范围", 200)
    contact = _line("联系人", 32, required=False)
    mobile = _line("联系电话", 20, required=False)
    is_retired = forms.BooleanField(label="已停用", required=False, help_text="停用后不再推荐，已有的记录保留。")

    class Meta:
        model = Party
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if trades := self.fields.get("trades"):
            trades.choices = [(trade, trade) for trade in known_trades()]  # type: ignore[attr-defined]
        if not self.instance.pk:
            del self.fields["is_retired"]

    def clean_credit_code(self) -> str:
        return _bare(self.cleaned_data["credit_code"])

    def clean_trades(self) -> list[str]:
        return list(self.cleaned_data["trades"])


class ExpertForm(PartyForm):
    name = _line("姓名", 128)
    credit_code = None  # type: ignore[assignment]
    contact = None  # type: ignore[assignment]
    field = _line("专业", 200, help_text="例如化工工艺、电气、有限空间作业。")
    trades = forms.MultipleChoiceField(
        label="安全行业", required=False, widget=forms.CheckboxSelectMultiple({"class": "choices"}),
        help_text="熟悉哪些行业的判定标准，可选多个。",
    )  # fmt: skip
    qualification = _line("职称或注册资格", 128, required=False)
    qualification_number = _line("证书编号", 64, required=False)
    valid_to = forms.DateField(label="证书有效期至", widget=DAY, required=False)
    employer = _line("工作单位", 128, required=False)
    is_available = forms.BooleanField(label="可以派出", required=False, initial=True)

    field_order = (
        "name", "region", "field", "trades", "qualification", "qualification_number", "valid_to", "employer", "mobile",
        "is_available",
    )  # fmt: skip

    class Meta(PartyForm.Meta):
        model = Expert

    clean_credit_code = None  # type: ignore[assignment]


class InstitutionForm(PartyForm):
    kind = forms.ChoiceField(
        label="类别", choices=[(each.value, each.label) for each in Institution.kinds],
        help_text="评价机构和检测检验机构须填写资质编号和有效期。",
    )  # fmt: skip
    qualification = _line("资质", 128, required=False)
    qualification_number = _line("资质编号", 64, required=False)
    valid_to = forms.DateField(label="资质有效期至", widget=DAY, required=False)

    field_order = (
        "kind",
        "name",
        "region",
        "credit_code",
        "field",
        "qualification",
        "qualification_number",
        "valid_to",
    )

    class Meta(PartyForm.Meta):
        model = Institution


class InsurerForm(PartyForm):
    field = _line("业务范围", 200, help_text="例如危险化学品、建筑施工安责险。")

    class Meta(PartyForm.Meta):
        model = Insurer


# ── policies ─────────────────────────────────────────────────────────────────────────────────────────────────────


class PolicyForm(RecordForm):
    insurer = forms.ModelChoiceField(
        label="保险机构",
        queryset=Party.objects.none(),
        empty_label="请选择",
        help_text="名单里没有的，请联系监管单位先登记。",
    )
    number = _line("保单号", 64)
    begins_on = forms.DateField(label="起保日期", widget=DAY)
    ends_on = forms.DateField(label="到期日期", widget=DAY)
    amount = forms.DecimalField(label="保险金额（万元）", max_digits=12, decimal_places=2, min_value=0)
    insured_people = forms.IntegerField(label="投保人数", min_value=0, required=False)
    promised_hours = forms.DecimalField(
        label="约定的事故预防服务（小时）", max_digits=7, decimal_places=1, min_value=0, initial=0
    )
    service_note = _line("约定的服务内容", 300, required=False)
    is_cancelled = forms.BooleanField(label="已退保", required=False)

    class Meta:
        model = Policy
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = Party.objects.filter(
            kind=PartyKind.INSURER, is_retired=False, region_path__in=ancestors(self.instance.enterprise.region_path)
        )
        if self.instance.pk:
            offered |= Party.objects.filter(pk=self.instance.insurer_id)
        else:
            del self.fields["is_cancelled"]
        insurer: Any = self.fields["insurer"]
        insurer.queryset = offered.order_by("name", "pk")


class VisitForm(forms.Form):
    given_on = forms.DateField(label="服务日期", widget=DAY)
    hours = forms.DecimalField(label="时长（小时）", max_digits=5, decimal_places=1)
    content = forms.CharField(label="服务内容", max_length=300, help_text="例如隐患排查、安全培训、应急演练。")
