"""Pages for the record on which the engine is tried: they use every part of a declaration."""

from django import forms
from django.db import models
from django.urls import include, path

from tests.errands.models import Errand
from tests.errands.workflow import ERRAND_LIFE
from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission
from zhiben.core.web.pages.at import At
from zhiben.core.web.pages.columns import Column
from zhiben.core.web.pages.filters import Choice, DateRange, RegionFilter, UnitFilter, overdue
from zhiben.core.web.pages.record import Panel, RecordPages, Total

OVERDUE = overdue(Errand, ERRAND_LIFE.final)


class ErrandForm(forms.ModelForm):
    class Meta:
        model = Errand
        fields = ("title", "due_on")


class ErrandPages(RecordPages):
    model, name, title = Errand, "errands", "差事"
    columns = (
        Column("title", link=True),
        Column("status"),
        Column("due_on", kind="due"),
        Column("responsible_unit"),
        Column("supervising_unit", shown=False),
        Column("spent", unit="元"),
    )
    filters = (Choice("status"), UnitFilter("responsible_unit"), DateRange("due_on"), RegionFilter(), OVERDUE)
    search = ("title",)
    sort = "due_on"
    totals = (
        Total("逾期", condition=OVERDUE.condition, opens="overdue=1"),
        Total("费用", sum_of="spent", unit="元"),
    )
    facts = (("基本信息", ("responsible_unit", "supervising_unit", Column("due_on", kind="due"), "spent")),)
    panels = (Panel("同批差事", "errands/panel.html", lambda errand, at: None),)
    form = ErrandForm
    creates = Permission.DISPATCH_TASKS

    def may_edit(self, record: models.Model, at: At) -> str | None:
        return None if record.supervising_unit_id == at.acting.unit.pk else "只有交办单位可以修改"

    def save(self, form: forms.ModelForm, *, by: Acting, now: object) -> models.Model:
        errand = form.save(commit=False)
        if not errand.supervising_unit_id:
            errand.supervising_unit = errand.responsible_unit = by.unit
            errand.region_path = by.unit.region_path
        errand.save()
        return errand


urlpatterns = [*ErrandPages.urls(), path("", include("zhiben.config.urls"))]
