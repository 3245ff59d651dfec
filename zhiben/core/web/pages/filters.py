"""Filters of a list. Each reads its part of the address, narrows the rows and says in words what it does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet
from django.http import QueryDict

from zhiben.core.org.models import Region, RegionLevel, Unit, UnitKind
from zhiben.core.org.paths import within
from zhiben.core.web.keys import key_of, keys_of
from zhiben.core.web.lookups import around, resolve_unit
from zhiben.core.web.words import full_day

from .at import At
from .columns import field_at


@dataclass(frozen=True)
class Filter:
    """Base of all filters: `name` in the address, `label` for people, `field` of the model (default: the name)."""

    name: str
    label: str = ""
    field: str = ""
    rare: bool = dataclass_field(default=False, kw_only=True)
    """Used now and then: folded under 更多条件 as long as it asks for nothing."""

    template = ""

    @property
    def path(self) -> str:
        return self.field or self.name

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in the address that belong to it; taken out together when the filter is lifted."""
        return (self.name,)

    def title(self, model: type[models.Model]) -> str:
        return self.label or str(getattr(field_at(model, self.path), "verbose_name", self.name))

    def read(self, params: QueryDict, at: At) -> Any:
        """What the address asks for; None when nothing, or nothing sensible."""
        raise NotImplementedError

    def narrow(self, rows: QuerySet, value: Any, at: At) -> QuerySet:
        raise NotImplementedError

    def say(self, value: Any, model: type[models.Model]) -> str:
        """The value in words, after the label."""
        return str(value)

    def choices(self, model: type[models.Model], at: At) -> Sequence[tuple[str, str]]:
        return ()


@dataclass(frozen=True)
class Choice(Filter):
    """One or several values of a field with choices."""

    options: tuple[tuple[str, str], ...] | None = None
    template = "web/filters/choice.html"

    def choices(self, model: type[models.Model], at: At | None = None) -> Sequence[tuple[str, str]]:
        if self.options is not None:
            return self.options
        return [(str(value), str(label)) for value, label in field_at(model, self.path).choices or ()]

    def read(self, params: QueryDict, at: At) -> list[str] | None:
        return [value for value in params.getlist(self.name) if value] or None

    def narrow(self, rows: QuerySet, value: list[str], at: At) -> QuerySet:
        known = {each for each, _ in self.choices(rows.model)}
        return rows.filter(**{f"{self.path}__in": [each for each in value if each in known]})

    def say(self, value: list[str], model: type[models.Model]) -> str:
        labels = dict(self.choices(model))
        return "、".join(labels.get(each, each) for each in value)


@dataclass(frozen=True)
class UnitFilter(Filter):
    """One or several units, chosen by typing part of a name. A key that was guessed tells no enterprise's name."""

    template = "web/filters/unit.html"

    @property
    def parameters(self) -> tuple[str, ...]:
        return (self.name, f"{self.name}_text")

    def read(self, params: QueryDict, at: At) -> list[Unit] | None:
        ids = keys_of(params.getlist(self.name))[:50]
        if typed := params.get(f"{self.name}_text", "").strip():
            ids += [unit.pk for unit in [resolve_unit(typed)] if unit]
        known = ~Q(kind=UnitKind.ENTERPRISE) | around(at.acting)
        return list(Unit.objects.filter(known, pk__in=ids)) if ids else None

    def narrow(self, rows: QuerySet, value: list[Unit], at: At) -> QuerySet:
        return rows.filter(**{f"{self.path}__in": [unit.pk for unit in value]})

    def say(self, value: list[Unit], model: type[models.Model]) -> str:
        return "、".join(str(unit) for unit in value)


@dataclass(frozen=True)
class RegionFilter(Filter):
    """A region and all below it, among the regions of the post."""

    name: str = "region"
    label: str = "区域"
    field: str = "region_path"
    template = "web/filters/select.html"

    def choices(self, model: type[models.Model], at: At) -> Sequence[tuple[str, str]]:
        regions = Region.objects.filter(within(at.acting.unit.region_path, "path"), level__lte=RegionLevel.TOWN)
        return [(str(pk), name) for pk, name in regions.values_list("pk", "name")[:300]]

    def read(self, params: QueryDict, at: At) -> Region | None:
        value = params.get(self.name, "")
        return Region.objects.filter(pk=key).first() if (key := key_of(value)) else None

    def narrow(self, rows: QuerySet, value: Region, at: At) -> QuerySet:
        return rows.filter(within(value.path, self.path))


@dataclass(frozen=True)
class DateRange(Filter):
    """Days from … to …, both included; either may be left open."""

    template = "web/filters/dates.html"

    @property
    def parameters(self) -> tuple[str, ...]:
        return (f"{self.name}_from", f"{self.name}_to")

    def read(self, params: QueryDict, at: At) -> tuple[date | None, date | None] | None:
        span = (_day(params.get(f"{self.name}_from")), _day(params.get(f"{self.name}_to")))
        return span if any(span) else None

    def narrow(self, rows: QuerySet, value: tuple[date | None, date | None], at: At) -> QuerySet:
        first, last = value
        path = f"{self.path}__date" if isinstance(field_at(rows.model, self.path), models.DateTimeField) else self.path
        if first:
            rows = rows.filter(**{f"{path}__gte": first})
        return rows.filter(**{f"{path}__lte": last}) if last else rows

    def say(self, value: tuple[date | None, date | None], model: type[models.Model]) -> str:
        first, last = value
        if first and last:
            return f"{full_day(first)} 至 {full_day(last)}"
        return f"{full_day(first)} 起" if first else f"{full_day(last)} 止" if last else ""


@dataclass(frozen=True)
class Flag(Filter):
    """A box to tick: only the rows for which `condition(at)` holds."""

    condition: Callable[[At], Q] | None = None
    template = "web/filters/flag.html"

    def read(self, params: QueryDict, at: At) -> bool | None:
        return True if params.get(self.name) == "1" else None

    def narrow(self, rows: QuerySet, value: bool, at: At) -> QuerySet:
        assert self.condition is not None, f"the flag {self.name} has no condition"
        return rows.filter(self.condition(at))

    def say(self, value: bool, model: type[models.Model]) -> str:
        return ""


def overdue(model: type[models.Model], final: Sequence[str], *, field: str = "due_on", name: str = "overdue") -> Flag:
    """Past the deadline and not in a final state. `final` are the states of `model.status` that end its life."""
    open_states = [value for value, _ in field_at(model, "status").choices or () if value not in final]
    return Flag(name, "已逾期", condition=lambda at: Q(**{f"{field}__lt": at.today, "status__in": open_states}))


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
