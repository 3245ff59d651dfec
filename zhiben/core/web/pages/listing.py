"""The list page: everything about it is in its address, so that it can be kept, sent and opened from a figure."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, may
from zhiben.core.search.matching import matching
from zhiben.core.web.models import ChosenColumns, SavedView

from .at import At
from .columns import Column, cell
from .filters import Filter, UnitFilter
from .importing import import_address
from .keyset import Order, Page, bounded_count, page_of
from .record import RecordPages
from .walking import is_led, of_the_narrowest

PAGE_SIZE = 50
COUNTED = 1000
"""Counts go no further: above it the list says 1000+."""
SORTED = 20_000
"""So many rows are sorted by whatever column; more of them only where an index leads to them in that order."""
_PLACE = ("after", "before")


@dataclass(frozen=True)
class Tab:
    name: str
    label: str
    count: int | None
    """None where it was not counted: a search for text would have to read every row once more for each tab."""

    @property
    def counted(self) -> str:
        if self.count is None:
            return ""
        return f"{COUNTED}+" if self.count > COUNTED else str(self.count)


@dataclass(frozen=True)
class Control:
    """A filter as it stands on the page: what is asked of it now, and the address without it."""

    filter: Filter
    title: str
    value: Any
    said: str
    lifted: str
    choices: list[tuple[str, str, bool]]
    params: dict[str, str]
    picked: list[tuple[str, str]]

    @property
    def input_id(self) -> str:
        return f"filter-{self.filter.name}"


@dataclass(frozen=True)
class Asked:
    """What a listing reads of a request, for where there is none: in the background."""

    GET: QueryDict
    acting: Acting
    now: datetime


class Listing:
    """One reading of a list's address by one post. Lazy: the export reads rows and columns only."""

    def __init__(self, pages: RecordPages, request: HttpRequest | Asked) -> None:
        self.pages = pages
        self.params = request.GET
        self.at = At(request.acting, request.now)

    # ---- which rows

    @cached_property
    def _views(self) -> dict[str, tuple[str, Q]]:
        return {each.name: (each.label, rows) for each, rows in self.pages.perspectives(self.at.acting)}

    @cached_property
    def tabs(self) -> list[Tab]:
        return [Tab(name, label, self._count(name)) for name, (label, _) in self._views.items()]

    @property
    def elsewhere(self) -> list[Tab]:
        """The other tabs in which the same may be found: those that have some, or were not counted."""
        return [tab for tab in self.tabs if tab.name != self.perspective and tab.count != 0]

    @cached_property
    def _counts(self) -> dict[str, int]:
        return {}

    def _count(self, name: str) -> int | None:
        """Each once."""
        if self.text and name != self.perspective:
            return None
        if name not in self._counts:
            if self.is_filtered and name == self.perspective:
                self._counts[name] = len(self._keys)
            else:
                self._counts[name] = bounded_count(self._narrowed(self._base().filter(self._views[name][1])), COUNTED)
        return self._counts[name]

    @cached_property
    def perspective(self) -> str:
        """The one asked for; else the first that has anything to show."""
        asked = self.params.get("as", "")
        if asked in self._views:
            return asked
        for name, (_, rows) in self._views.items():
            if self._base().filter(rows).exists() if self.is_filtered else self._count(name):
                return name
        return next(iter(self._views), "")

    @cached_property
    def filtered(self) -> QuerySet:
        """Exactly what is seen, on all pages together."""
        if not self.perspective:
            return self._base().none()
        return self._narrowed(self._base().filter(self._views[self.perspective][1]))

    @cached_property
    def _keys(self) -> list[Any]:
        """Of what is filtered, counted no further than the bound."""
        return list(of_the_narrowest(self.filtered).order_by().values_list("pk", flat=True)[: COUNTED + 1])

    @property
    def _found(self) -> QuerySet:
        """The same rows as `filtered`, by their keys where few were found: a needle is looked for only once."""
        few = self.is_filtered and len(self._keys) <= COUNTED
        return self._base().filter(pk__in=self._keys) if few else self.filtered

    def _base(self) -> QuerySet:
        # each perspective already is what the post may see in that way; without perspectives the pages say it
        has_perspectives = hasattr(self.pages.model, "perspectives")
        return self.pages.base() if has_perspectives else self.pages.rows(self.at.acting)

    @cached_property
    def _asked(self) -> list[tuple[Filter, Any]]:
        return [(each, each.read(self.params, self.at)) for each in self.pages.filters]

    @cached_property
    def text(self) -> str:
        return self.params.get("q", "").strip()[:100]

    def _narrowed(self, rows: QuerySet) -> QuerySet:
        for each, value in self._asked:
            if value is not None:
                rows = each.narrow(rows, value, self.at)
        return matching(rows, self.pages.search, self.text)

    @cached_property
    def count(self) -> int:
        return next((tab.count for tab in self.tabs if tab.name == self.perspective), 0) or 0

    @property
    def counted(self) -> str:
        return f"{COUNTED}+" if self.count > COUNTED else str(self.count)

    @property
    def is_filtered(self) -> bool:
        return bool(self.text) or any(value is not None for _, value in self._asked)

    # ---- in which order, which page

    @cached_property
    def order(self) -> Order:
        asked = self._asked_order if self._asked_order and not self.unsorted_by else ""
        chosen, leading = (asked, None) if asked else (self.pages.sort, self.pages.leading)
        return Order(self.pages.model, chosen.removeprefix("-"), chosen.startswith("-"), leading)

    @cached_property
    def unsorted_by(self) -> str:
        """The head of the column by which so many rows cannot be sorted; empty where they are, or nobody asked."""
        asked = self._asked_order.removeprefix("-")
        if not asked or is_led(self.pages.model, asked) or self.count <= COUNTED:
            return ""
        if bounded_count(self.filtered, SORTED) <= SORTED:
            return ""
        return next(column.label for column in self.pages.all_columns if column.order == asked)

    @cached_property
    def _asked_order(self) -> str:
        asked = self.params.get("sort", "")
        sortable = {column.order for column in self.pages.all_columns if column.order}
        return asked if asked.removeprefix("-") in sortable else ""

    @cached_property
    def page(self) -> Page:
        rows = self._found.select_related(*self.pages.related_to(self.columns))
        return page_of(
            rows, self.order, size=PAGE_SIZE, after=self.params.get("after", ""), before=self.params.get("before", "")
        )

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [
            {
                "record": record,
                "address": self.pages.address("detail", record.pk),
                "cells": [
                    (column, cell(column, record, self.at, finished=self.pages.is_met(column, record)))
                    for column in self.columns
                ],
            }
            for record in self.page.rows
        ]

    # ---- which columns

    @cached_property
    def columns(self) -> list[Column]:
        chosen = ChosenColumns.objects.filter(person=self.at.acting.person, pages=self.pages.name).first()
        names = set(chosen.names) if chosen else {column.name for column in self.pages.all_columns if column.shown}
        return [column for column in self.pages.all_columns if column.name in names or column.link]

    @property
    def heads(self) -> list[dict[str, Any]]:
        """The heads of the columns; a click sorts, a second click turns the order round."""
        heads = []
        for column in self.columns:
            current = bool(column.order) and column.order == self.order.field
            turned = f"-{column.order}" if current and not self.order.descending else column.order
            heads.append(
                {
                    "column": column,
                    "address": self.address(sort=turned) if column.order else "",
                    "sorted": ("descending" if self.order.descending else "ascending") if current else "",
                }
            )
        return heads

    # ---- what is said about it

    @cached_property
    def controls(self) -> list[Control]:
        return [
            Control(
                filter=each,
                title=each.title(self.pages.model),
                value=value,
                said=each.say(value, self.pages.model) if value is not None else "",
                lifted=self.address(**dict.fromkeys(each.parameters)),
                choices=[
                    (option, label, option in self.params.getlist(each.name))
                    for option, label in each.choices(self.pages.model, self.at)
                ],
                params={name: self.params.get(name, "") for name in each.parameters},
                picked=[(str(one.pk), str(one)) for one in value or ()] if isinstance(each, UnitFilter) else [],
            )
            for each, value in self._asked
        ]

    @property
    def usual_controls(self) -> list[Control]:
        return [each for each in self.controls if not each.filter.rare]

    @property
    def rare_controls(self) -> list[Control]:
        return [each for each in self.controls if each.filter.rare]

    @property
    def asks_rarely(self) -> bool:
        """Whether any of the rare filters asks for something: then they are not folded."""
        return any(each.value is not None for each in self.rare_controls)

    @property
    def said(self) -> str:
        """What is seen, in words: 我承办的；状态：办理中；关键字：仓库."""
        parts = [self._views[self.perspective][0]] if len(self._views) > 1 and self.perspective else []
        for each, value in self._asked:
            if value is not None:
                title, said = each.title(self.pages.model), each.say(value, self.pages.model)
                parts.append(f"{title}：{said}" if said else title)
        return "；".join([*parts, *([f"关键字：{self.text}"] if self.text else [])])

    @cached_property
    def totals(self) -> list[dict[str, Any]]:
        """Figures over what is filtered; none above the bound, where they would cost more than they tell."""
        if not self.pages.totals or self.count > COUNTED:
            return []
        asked = {}
        for number, total in enumerate(self.pages.totals):
            condition = total.condition(self.at) if total.condition else None
            asked[f"t{number}"] = Sum(total.sum_of, filter=condition) if total.sum_of else Count("pk", filter=condition)
        found = of_the_narrowest(self._found).order_by().aggregate(**asked)
        return [
            {"total": total, "value": found[f"t{number}"] or 0, "address": self._opened(total.opens)}
            for number, total in enumerate(self.pages.totals)
            if found[f"t{number}"] or not total.where_any
        ]

    def _opened(self, addition: str) -> str:
        if not addition:
            return ""
        name, _, value = addition.partition("=")
        return self.address(**{name: value})

    @property
    def views(self) -> list[dict[str, Any]]:
        rows = SavedView.objects.filter(pages=self.pages.name).offered_to(self.at.acting).select_related("owner")
        return [
            {
                "view": view,
                "mine": view.owner_id == self.at.acting.person.pk,
                "forget": self.pages.address("forget_view", view.pk),
            }
            for view in rows
        ]

    @property
    def bulk_steps(self) -> list[dict[str, str]]:
        return [
            {"label": step.label, "address": self.pages.address("bulk", step.name)} for step in self.pages.bulk_steps()
        ]

    @property
    def addresses(self) -> dict[str, str]:
        names = ["list", "columns", "save_view"]
        if self.may_export:
            names.append("export")
        if self.may_create:
            names.append("new")
        return {name: self.pages.address(name) for name in names}

    @property
    def may_export(self) -> bool:
        return self.pages.exportable and may(self.at.acting, Permission.EXPORT_RECORDS)

    @property
    def may_create(self) -> bool:
        return bool(self.pages.form and self.pages.creates and may(self.at.acting, self.pages.creates))

    @property
    def import_address(self) -> str:
        return import_address(self.pages.imports, self.at.acting)

    def address(self, **changes: Any) -> str:
        """This list with some parts of its address changed; None takes one out. The place in it is forgotten."""
        params = self.params.copy()
        for name in {*_PLACE, *changes}:
            params.pop(name, None)
        for name, value in changes.items():
            if value is not None:
                params[name] = value
        return f"?{params.urlencode()}"

    @property
    def query(self) -> str:
        """The filters, to be kept under a name or handed to the export."""
        return self.address().removeprefix("?")

    @property
    def next_address(self) -> str:
        return f"{self.address()}&after={self.page.after}" if self.page.after else ""

    @property
    def previous_address(self) -> str:
        return f"{self.address()}&before={self.page.before}" if self.page.before else ""


def show(pages: RecordPages, request: HttpRequest) -> HttpResponse:
    listing = Listing(pages, request)
    context = {"pages": pages, "listing": listing}
    template = "web/parts/list_body.html" if request.headers.get("HX-Target") == "list" else pages.list_template
    return render(request, template, context)
