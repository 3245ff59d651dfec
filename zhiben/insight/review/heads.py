"""The head and foot of the paper: what the office filled in for this review; before that, what can be known."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import forms
from django.db import transaction

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, require
from zhiben.core.audit import services as audit
from zhiben.core.calendar import add_working_days
from zhiben.core.documents.letterhead import letterhead_of
from zhiben.insight.models import ReviewHead

from .reading import DAYS_TO_MAKE_UP, Review

EVERYBODY = "各有关单位"
FIELDS = ("number", "signer", "to", "copies_to", "issued_on", "demand_by")


@dataclass(frozen=True)
class Head:
    mark: str
    """发文机关标志, in red."""
    issuer: str
    number: str
    signer: str
    to: str
    copies_to: str
    printed_by: str
    contact: str
    issued_on: date
    demand_by: date


class HeadForm(forms.Form):
    number = forms.CharField(
        label="发文字号", max_length=64, required=False, help_text="例如“澄安委办〔2026〕3号”，编号后填写"
    )
    signer = forms.CharField(label="签发人", max_length=64, required=False, help_text="上行文填写，一般通报可以不填")
    to = forms.CharField(
        label="主送", max_length=300, required=False, help_text="例如“各乡镇人民政府，县安委会各成员单位”"
    )
    copies_to = forms.CharField(label="抄送", max_length=300, required=False)
    issued_on = forms.DateField(
        label="成文日期", widget=forms.DateInput(attrs={"type": "date"}), error_messages={"required": "请填写成文日期"}
    )
    demand_by = forms.DateField(
        label="整改时限", widget=forms.DateInput(attrs={"type": "date"}), error_messages={"required": "请填写整改时限"},
        help_text="逾期任务须在这一天以前报送办结，写进“下一步工作要求”",
    )  # fmt: skip

    def clean(self) -> dict:
        given = super().clean() or {}
        issued_on, demand_by = given.get("issued_on"), given.get("demand_by")
        if issued_on and demand_by and demand_by < issued_on:
            self.add_error("demand_by", "整改时限不能早于成文日期，请重新填写")
        return given


def head_of(review: Review) -> Head:
    """As kept for this review; else as the unit's letterhead has it, the number still to be filled in."""
    kept = ReviewHead.objects.filter(**_identity(review)).first()
    letterhead = letterhead_of(review.acting.unit)
    issued_on = (kept.issued_on if kept else None) or review.today
    called = "、".join(
        f"{word}：{text}" for word, text in (("联系人", letterhead.contact), ("电话", letterhead.telephone)) if text
    )
    return Head(
        mark=letterhead.issuer,
        issuer=letterhead.unit,
        number=kept.number if kept else f"{letterhead.code}〔{issued_on.year}〕　号",
        signer=kept.signer if kept else letterhead.signer,
        to=(kept.to if kept else letterhead.to) or EVERYBODY,
        copies_to=kept.copies_to if kept else letterhead.copies_to,
        printed_by=letterhead.printed_by,
        contact=called,
        issued_on=issued_on,
        demand_by=(kept.demand_by if kept else None) or add_working_days(issued_on, DAYS_TO_MAKE_UP),
    )


@transaction.atomic
def save_head(
    *, review: Review, number: str, signer: str, to: str, copies_to: str, issued_on: date, demand_by: date,
    by: Acting, now: datetime,
) -> ReviewHead:  # fmt: skip
    """Keep the head for the next time that this review is made. Raises NotPermitted."""
    require(by, Permission.EXPORT_RECORDS)
    head, _ = ReviewHead.objects.select_for_update().get_or_create(**_identity(review))
    given = (number, signer, to, copies_to, issued_on, demand_by)
    changed = {}
    for name, value in zip(FIELDS, given, strict=True):
        before = getattr(head, name)
        if before != value:
            changed[name] = {"from": _plain(before), "to": _plain(value)}
            setattr(head, name, value)
    if changed:
        head.save()
        audit.append(
            record_type=head._meta.label_lower, record_id=str(head.pk), kind="edit", verb="fill_in",
            label="填写公文头", by=by, now=now, data={"review": review.address_params, "changed": changed},
        )  # fmt: skip
    return head


def _identity(review: Review) -> dict[str, Any]:
    return {
        "unit": review.acting.unit,
        "month": review.month.key,
        "perspective": review.perspective,
        "programme": review.programme.key if review.programme else "",
        "main_only": review.asked.main_only,
    }


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
