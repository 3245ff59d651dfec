"""The pages of one kind of record, declared once: its list, its record page, its step dialogs, its form, its export.

    class TaskPages(RecordPages):
        model, name, title = Task, "tasks", "任务"
        columns = (Column("title", link=True), Column("due_on", kind="due"), Column("status", kind="state"))
        filters = (Choice("status"), UnitFilter("responsible_unit"), DateRange("due_on"), overdue(Task, FINAL))
        search = ("title", "content")
        facts = (("基本信息", ("responsible_unit", "supervising_unit", "due_on", "content")),)

    urlpatterns = TaskPages.urls()

An odd page is an ordinary view of the module beside these, never a new option here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from django import forms
from django.db import models
from django.db.models import Q, QuerySet
from django.urls import URLPattern, URLResolver, reverse

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, may
from zhiben.core.access.scope import Perspective, perspectives_of
from zhiben.core.files import access as files_access
from zhiben.core.workflow.table import Deadline, Workflow, workflow_of

from .at import At
from .columns import Column, Tone, relations_of
from .filters import Filter

EVERYTHING = Perspective("all", "全部", lambda acting: Q())


@dataclass(frozen=True)
class Total:
    """A figure over what is filtered: how many rows meet `condition(at)`, or the sum of a field.
    `opens` is what the link to those rows adds to the address: `overdue=1`."""

    label: str
    condition: Callable[[At], Q] | None = None
    sum_of: str = ""
    unit: str = ""
    opens: str = ""
    where_any: bool = False
    """A part of another figure: not shown where it is none."""


@dataclass(frozen=True)
class Panel:
    """A card that a module adds to the record page. `context(record, at)` feeds the template; None hides the panel."""

    title: str
    template: str
    context: Callable[[Any, At], Mapping[str, Any] | None]
    side: bool = False
    """In the narrow column on the right instead of among the facts."""


class RecordPages:
    model: ClassVar[type[models.Model]]
    name: ClassVar[str]
    """The URL namespace and first part of the path: `tasks`. Unique."""
    title: ClassVar[str]

    columns: ClassVar[tuple[Column, ...]]
    filters: ClassVar[tuple[Filter, ...]] = ()
    search: ClassVar[tuple[str, ...]] = ()
    """Fields in which the text search of the list, and the search across everything, looks."""
    sort: ClassVar[str] = "-pk"
    leading: ClassVar[tuple[str, Any] | None] = None
    """(field, value): what stands first in the list, until somebody sorts it by a column: what is still to be done."""
    totals: ClassVar[tuple[Total, ...]] = ()
    facts: ClassVar[tuple[tuple[str, tuple[str | Column, ...]], ...]] = ()
    panels: ClassVar[tuple[Panel, ...]] = ()
    beside: ClassVar[dict[str, Panel]] = {}
    """By the name of a step: what stands in its dialog above the questions, so that nobody decides without looking."""
    controls: ClassVar[dict[str, str]] = {}
    """By the name of a step's input: the template that asks for it, where the one of its kind will not do."""
    tones: ClassVar[dict[str, Tone]] = {}
    """Colour of a state where its place in the life does not say enough; the word is always there."""
    related: ClassVar[tuple[str, ...]] = ()
    """Further relations to fetch with the rows, for properties shown in columns."""

    permission: ClassVar[Permission] = Permission.READ_RECORDS
    exportable: ClassVar[bool] = True
    commentable: ClassVar[bool] = True
    attachable: ClassVar[bool] = True
    empty: ClassVar[str] = "换一组筛选条件，或切换到别的视角看看。"
    """What to do when the list is empty."""
    help: ClassVar[str] = ""

    form: ClassVar[type[forms.ModelForm] | None] = None
    creates: ClassVar[Permission | None] = None
    """The permission to make a new record with the form; None: not made here."""
    imports: ClassVar[str] = ""
    """The key of the import (`exchange`) that brings such records in from a spreadsheet: `org.people`."""

    list_template: ClassVar[str] = "web/list.html"
    detail_template: ClassVar[str] = "web/detail.html"

    by_name: ClassVar[dict[str, type["RecordPages"]]] = {}
    by_type: ClassVar[dict[str, type["RecordPages"]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "model" in cls.__dict__:
            RecordPages.by_name[cls.name] = cls
            RecordPages.by_type.setdefault(cls.model._meta.label_lower, cls)
            files_access.register(cls.model._meta.label_lower, lambda acting, key: cls().shows(acting, key))

    # ---- what a module may override -------------------------------------------------------------------------

    def base(self) -> QuerySet:
        """The records these pages are about, whoever looks."""
        return self.model._default_manager.all()

    def rows(self, acting: Acting) -> QuerySet:
        """Every record this post may see; what is not here is a 404. A model without `visible_to` overrides this."""
        return self.base().visible_to(acting)  # type: ignore[attr-defined]

    def shows(self, acting: Acting, key: str) -> bool:
        """Whether this post may open the record of that key, and so fetch its files."""
        return self.may_read(acting) and self.rows(acting).filter(pk=key).exists()

    def may_edit(self, record: models.Model, at: At) -> str | None:
        """A sentence why the record cannot be edited now, or None. Only asked where there is a form."""
        return "这类记录不能直接修改，请通过办理步骤变更"

    def attach_refusal(self, record: models.Model, at: At) -> str | None:
        """A sentence why this post may not attach a file to the record, or None. Whoever sees the record sees its files."""
        return None

    def form_for(self, record: models.Model | None, at: At) -> type[forms.ModelForm] | None:
        """The form that this post is given: one that may say less is asked less. `record` is None for a new one."""
        return self.form

    def save(self, form: forms.ModelForm, *, by: Acting, now: datetime) -> models.Model:
        """Make or change a record from a valid form. The module calls its own service here."""
        raise NotImplementedError(f"{type(self).__name__} has a form but does not say how to save it")

    # ---- derived --------------------------------------------------------------------------------------------

    @classmethod
    def urls(cls) -> list[URLPattern | URLResolver]:
        from .routes import routes_of  # the views know the declaration, and the declaration offers them

        return routes_of(cls)

    @cached_property
    def record_type(self) -> str:
        return self.model._meta.label_lower

    @cached_property
    def workflow(self) -> Workflow | None:
        try:
            return workflow_of(self.model)
        except KeyError:
            return None

    @cached_property
    def all_columns(self) -> tuple[Column, ...]:
        return tuple(self._dressed(column) for column in self.columns)

    @cached_property
    def fact_groups(self) -> tuple[tuple[str, tuple[Column, ...]], ...]:
        return tuple(
            (title, tuple(self._dressed(Column(fact) if isinstance(fact, str) else fact) for fact in group))
            for title, group in self.facts
        )

    def related_to(self, columns: Sequence[Column]) -> tuple[str, ...]:
        return tuple(sorted({*self.related, *relations_of(self.model, columns)}))

    def may_read(self, acting: Acting | None) -> bool:
        return may(acting, self.permission)

    def perspectives(self, acting: Acting) -> list[tuple[Perspective, Q]]:
        if hasattr(self.model, "perspectives"):
            return perspectives_of(self.model, acting)
        return [(EVERYTHING, Q())]

    def is_finished(self, record: models.Model) -> bool:
        workflow = self.workflow
        return workflow is not None and getattr(record, workflow.field_name) in workflow.final

    def is_met(self, column: Column, record: models.Model) -> bool:
        """Whether a deadline no longer runs: the record has left the states that it is about, or its life is over."""
        if self.workflow and (deadline := self._deadline_of(column.name)):
            return getattr(record, self.workflow.field_name) not in deadline.states
        return self.is_finished(record)

    def _deadline_of(self, name: str) -> Deadline | None:
        deadlines = self.workflow.deadlines if self.workflow else ()
        return next((deadline for deadline in deadlines if deadline.due == name), None)

    def bulk_steps(self) -> list[Any]:
        return [step for step in self.workflow.steps if step.bulk] if self.workflow else []

    @property
    def step_url(self) -> str:
        return f"{self.name}:step"

    @property
    def decide_url(self) -> str:
        return f"{self.name}:decide"

    def address(self, view: str, *args: Any) -> str:
        return reverse(f"{self.name}:{view}", args=args)

    def _dressed(self, column: Column) -> Column:
        dressed = column.of(self.model)
        if dressed.kind == "state" or (self.workflow and dressed.name == self.workflow.field_name):
            tones = {**self._tones_of_life(), **self.tones, **(dressed.tones or {})}
            return replace(dressed, kind="state", tones=tones)
        if dressed.kind == "date" and self._deadline_of(dressed.name):
            return replace(dressed, kind="due")
        return dressed

    def _tones_of_life(self) -> dict[str, Tone]:
        if not self.workflow:
            return {}
        life: dict[str, Tone] = {state: "blue" for state, _ in self.workflow.states}
        life[self.workflow.start] = "yellow"
        return life | dict.fromkeys(self.workflow.final, "")
