"""Filters that only hazards have."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import QuerySet
from django.http import QueryDict

from zhiben.core.org.models import Region
from zhiben.core.org.paths import within as inside
from zhiben.core.web.keys import key_of
from zhiben.core.web.pages.at import At
from zhiben.core.web.pages.filters import Filter
from zhiben.core.web.words import full_day
from zhiben.modules.criteria.models import Criterion
from zhiben.modules.hazards.clearing import Part, condition, since_of, within
from zhiben.modules.hazards.models import Hazard
from zhiben.modules.registry.models import Enterprise
from zhiben.modules.registry.trades import known_trades


@dataclass(frozen=True)
class EnterpriseFilter(Filter):
    """One enterprise, chosen by typing part of its name or code."""

    template = "hazards/filters/enterprise.html"

    @property
    def parameters(self) -> tuple[str, ...]:
        return (self.name, f"{self.name}_text")

    def read(self, params: QueryDict, at: At) -> Enterprise | None:
        try:
            key = UUID(params.get(self.name, ""))
        except ValueError:
            return None
        found = Enterprise.objects.filter(pk=key).first()
        return found if found and _is_known(found, at) else None

    def narrow(self, rows: QuerySet, value: Enterprise, at: At) -> QuerySet:
        return rows.filter(**{self.path: value})


def _is_known(enterprise: Enterprise, at: At) -> bool:
    """A key that was guessed tells nobody whose it is."""
    if Enterprise.objects.visible_to(at.acting).filter(pk=enterprise.pk).exists():
        return True
    return Hazard.objects.visible_to(at.acting).filter(enterprise=enterprise).exists()


@dataclass(frozen=True)
class CriterionFilter(Filter):
    """One situation of a standard; led to by a link, or chosen by typing."""

    template = "hazards/filters/criterion.html"

    @property
    def parameters(self) -> tuple[str, ...]:
        return (self.name, f"{self.name}_text")

    def read(self, params: QueryDict, at: At) -> Criterion | None:
        key = key_of(params.get(self.name, ""))
        rows = Criterion.objects.select_related("standard")
        return rows.filter(pk=key).first() if key else None

    def narrow(self, rows: QuerySet, value: Criterion, at: At) -> QuerySet:
        return rows.filter(**{self.path: value})


@dataclass(frozen=True)
class TradeOfEnterprise(Filter):
    """Hazards of enterprises to which one sector of the criteria catalogue applies."""

    template = "web/filters/select.html"

    def choices(self, model: type[models.Model], at: At) -> list[tuple[str, str]]:
        return [(trade, trade) for trade in known_trades()]

    def read(self, params: QueryDict, at: At) -> str | None:
        trade = params.get(self.name, "")
        return trade if trade in known_trades() else None

    def narrow(self, rows: QuerySet, value: str, at: At) -> QuerySet:
        return rows.filter(enterprise__in=Enterprise.objects.of_trade(value).values("pk"))


@dataclass(frozen=True)
class OwnRegion(Filter):
    """What lies in a region itself and in none below it; only figures lead here."""

    template = "hazards/filters/kept.html"

    def read(self, params: QueryDict, at: At) -> Region | None:
        key = key_of(params.get(self.name, ""))
        return Region.objects.filter(pk=key).first() if key else None

    def narrow(self, rows: QuerySet, value: Region, at: At) -> QuerySet:
        return rows.filter(**{self.path: value.path})


@dataclass(frozen=True)
class BeyondRegion(Filter):
    """What lies outside the post's own region; only figures lead here."""

    template = "hazards/filters/kept.html"

    def read(self, params: QueryDict, at: At) -> bool | None:
        return True if params.get(self.name) else None

    def narrow(self, rows: QuerySet, value: bool, at: At) -> QuerySet:
        return rows.exclude(inside(at.acting.unit.region_path, self.path))

    def say(self, value: Any, model: type[models.Model]) -> str:
        return "辖区以外"


@dataclass(frozen=True)
class ClearingFilter(Filter):
    """The rows behind a figure of 动态清零; only those figures lead here."""

    template = "hazards/filters/kept.html"

    @property
    def parameters(self) -> tuple[str, ...]:
        return (self.name, "since")

    def read(self, params: QueryDict, at: At) -> tuple[Part, date] | None:
        part, since = params.get(self.name, ""), since_of(params.get("since", ""))
        return (Part(part), since) if since and part in list(Part) else None

    def narrow(self, rows: QuerySet, value: tuple[Part, date], at: At) -> QuerySet:
        part, since = value
        return within(rows, since).filter(condition(part, since, at.today))

    def say(self, value: Any, model: type[models.Model]) -> str:
        part, since = value
        return f"{part.word}（自{full_day(since)}起算）"
