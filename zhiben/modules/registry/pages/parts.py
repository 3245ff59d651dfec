"""Sites, equipment, people, processes and licences of an enterprise: panels of its page, and the pages that add and
change them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from zhiben.core.access.permissions import Permission, may
from zhiben.core.clock import local_day
from zhiben.core.refusal import Refused
from zhiben.core.web.pages.at import At
from zhiben.core.web.pages.record import Panel

from ..checks import keeping_refusal
from ..models.enterprises import Enterprise, Part
from ..models.parts import SOON, Equipment, EquipmentState
from ..parts import PARTS, TURNS, add_part, change_part, record_inspection, turn_equipment
from ..reminding import TERMS
from .asking import ask
from .forms import InspectionForm, TurnForm, form_of

SHOWN_ON_FILE = 20
A_PAGE = 100


@dataclass(frozen=True)
class Kind:
    """How a kind of part is shown: `key` is its word in the address."""

    key: str
    title: str
    columns: tuple[str, ...]
    over: str = ""
    """The field that says it is no more."""

    @property
    def model(self) -> type[Part]:
        return PARTS[self.key]

    @property
    def headings(self) -> list[str]:
        return [str(self.model._meta.get_field(name).verbose_name) for name in self.columns]  # type: ignore[union-attr]

    def rows(self, enterprise: Enterprise) -> Any:
        rows = self.model._default_manager.filter(enterprise=enterprise)
        ordering: Any = self.model._meta.ordering
        return rows.order_by(*([self.over] if self.over else []), *ordering)


KINDS = {
    kind.key: kind
    for kind in (
        Kind("sites", "场所", ("kind", "place"), "is_closed"),
        Kind("equipment", "设备设施", ("kind", "state", "inspect_by", "retire_by")),
        Kind("staff", "安全相关人员", ("mobile", "certificate", "certificate_until"), "is_gone"),
        Kind("processes", "危险工艺、作业和物质", ("kind", "quantity"), "is_ended"),
        Kind("licences", "证照", ("issued_by", "valid_to"), "is_void"),
    )
}


@dataclass(frozen=True)
class Cell:
    label: str
    text: str = ""
    day: date | None = None
    is_over: bool = False
    """The day no longer matters."""


@dataclass(frozen=True)
class Line:
    part: Part
    cells: list[Cell]
    is_over: bool
    turns: list[tuple[str, str]]
    """(verb, label): what may be done with a piece of equipment."""


def part_panels() -> list[Panel]:
    return [Panel(kind.title, "registry/panels/parts.html", partial(_panel, kind)) for kind in KINDS.values()]


def _panel(kind: Kind, enterprise: Enterprise, at: At) -> Mapping[str, Any] | None:
    rows = list(kind.rows(enterprise)[: SHOWN_ON_FILE + 1])
    may_keep = keeping_refusal(enterprise, at.acting, seen=True) is None
    if not rows and not may_keep:
        return None
    return {
        "kind": kind,
        "enterprise": enterprise,
        "lines": [_line(kind, row, may_keep) for row in rows[:SHOWN_ON_FILE]],
        "more": len(rows) > SHOWN_ON_FILE,
        "may_keep": may_keep,
        "today": at.today,
    }


def _line(kind: Kind, part: Any, may_keep: bool) -> Line:
    is_over = bool(kind.over and getattr(part, kind.over)) or getattr(part, "state", "") == EquipmentState.SCRAPPED
    cells = [_cell(part, name, label, is_over) for name, label in zip(kind.columns, kind.headings, strict=True)]
    turns = []
    if may_keep and isinstance(part, Equipment):
        turns = [(verb, label) for verb, (label, sources, _) in TURNS.items() if part.state in sources]
    return Line(part, cells, is_over, turns)


def _cell(part: Any, name: str, label: str, is_over: bool) -> Cell:
    value = getattr(part, name)
    if isinstance(value, date):
        return Cell(label, day=value, is_over=is_over or getattr(part, "state", "in_use") != "in_use")
    display = getattr(part, f"get_{name}_display", None)
    return Cell(label, str(display() if display else value or ""))


# ── pages ────────────────────────────────────────────────────────────────────────────────────────────────────────


def all_of_kind(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    """All the sites, or people …, of an enterprise."""
    enterprise, kind = _found(request, pk, key)
    may_keep = keeping_refusal(enterprise, request.acting, seen=True) is None
    page = Paginator(kind.rows(enterprise), A_PAGE).get_page(request.GET.get("page"))
    context = {
        "enterprise": enterprise,
        "page": page,
        "panel": {
            "kind": kind,
            "enterprise": enterprise,
            "lines": [_line(kind, row, may_keep) for row in page.object_list],
            "may_keep": may_keep,
            "today": local_day(request.now),
        },
    }
    return render(request, "registry/parts.html", context)


def add(request: HttpRequest, pk: UUID, key: str) -> HttpResponse:
    enterprise, kind = _kept(request, pk, key)
    form = form_of(kind.model)(request.POST or None, instance=kind.model(enterprise=enterprise))

    def save(given: dict[str, Any]) -> Part:
        return add_part(enterprise=enterprise, of=kind.model, by=request.acting, now=request.now, **given)

    return _ask(request, enterprise, kind, form, f"增加{kind.title}", save)


def change(request: HttpRequest, pk: UUID, key: str, part_id: int) -> HttpResponse:
    enterprise, kind = _kept(request, pk, key)
    part = get_object_or_404(kind.model._default_manager.filter(enterprise=enterprise), pk=part_id)
    form = form_of(kind.model)(request.POST or None, instance=part)

    def save(given: dict[str, Any]) -> Part:
        return change_part(part=part, by=request.acting, now=request.now, **given)

    return _ask(request, enterprise, kind, form, f"修改{kind.title}：{part}", save)


def turn(request: HttpRequest, pk: UUID, part_id: int, verb: str) -> HttpResponse:
    """Put a piece of equipment into use, repair, stop or scrap it."""
    enterprise, kind = _kept(request, pk, "equipment")
    if verb not in TURNS:
        raise Http404
    equipment = get_object_or_404(Equipment, enterprise=enterprise, pk=part_id)
    form = TurnForm(request.POST or None)

    def save(given: dict[str, Any]) -> Part:
        return turn_equipment(equipment=equipment, verb=verb, by=request.acting, now=request.now, **given)

    return _ask(request, enterprise, kind, form, f"设备{TURNS[verb][0]}：{equipment}", save)


def inspect(request: HttpRequest, pk: UUID, part_id: int) -> HttpResponse:
    enterprise, kind = _kept(request, pk, "equipment")
    equipment = get_object_or_404(Equipment, enterprise=enterprise, pk=part_id)
    form = InspectionForm(request.POST or None, initial={"inspected_on": local_day(request.now)})

    def save(given: dict[str, Any]) -> Part:
        return record_inspection(equipment=equipment, by=request.acting, now=request.now, **given)

    return _ask(request, enterprise, kind, form, f"登记检验：{equipment}", save)


def due(request: HttpRequest) -> HttpResponse:
    """What ends within a month, or has ended, in the enterprises within sight."""
    if not may(request.acting, Permission.READ_RECORDS):
        raise Http404
    last_day = local_day(request.now) + timedelta(days=SOON)
    visible = Enterprise.objects.visible_to(request.acting).existing()
    terms = {term.key: (term, term.rows(None, last_day).filter(enterprise__in=visible)) for term in TERMS}
    counts = {key: rows.count() for key, (_, rows) in terms.items()}
    asked = request.GET.get("kind", "")
    chosen = asked if asked in terms else next((key for key, count in counts.items() if count), TERMS[0].key)
    term, rows = terms[chosen]
    page = Paginator(rows.select_related("enterprise__unit__region"), A_PAGE).get_page(request.GET.get("page"))
    context = {
        "tabs": [(key, term.label, counts[key]) for key, (term, _) in terms.items()],
        "chosen": chosen,
        "page": page,
        "rows": [(row, getattr(row, term.field), _next(term.key, row, request)) for row in page.object_list],
        "soon": SOON,
    }
    return render(request, "registry/due.html", context)


# ── within ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _found(request: HttpRequest, pk: UUID, key: str) -> tuple[Enterprise, Kind]:
    """The enterprise within sight, and the kind of part; otherwise 404."""
    if key not in KINDS or not may(request.acting, Permission.READ_RECORDS):
        raise Http404
    visible = Enterprise.objects.visible_to(request.acting).select_related("unit__region")
    return get_object_or_404(visible, pk=pk), KINDS[key]


def _kept(request: HttpRequest, pk: UUID, key: str) -> tuple[Enterprise, Kind]:
    """As `_found`, for whoever keeps this file. Raises Refused for those who only read it."""
    enterprise, kind = _found(request, pk, key)
    if sentence := keeping_refusal(enterprise, request.acting, seen=True):
        raise Refused(sentence)
    return enterprise, kind


def _next(term: str, row: Any, request: HttpRequest) -> tuple[str, str] | None:
    """Where the new day is entered, and what the button says; None for what is not this post's to keep."""
    if keeping_refusal(row.enterprise, request.acting, seen=True):
        return None
    if term == "equipment":
        return reverse("registry:inspect", args=(row.enterprise_id, row.pk)), "登记检验"
    if isinstance(row, Part) and term in (*PARTS, "retire"):
        key = "equipment" if term == "retire" else term
        return reverse("registry:change_part", args=(row.enterprise_id, key, row.pk)), "登记新日期"
    if hasattr(row, "get_absolute_url"):
        return row.get_absolute_url(), "打开"
    return row.enterprise.get_absolute_url(), "打开档案"


def _ask(
    request: HttpRequest,
    enterprise: Enterprise,
    kind: Kind,
    form: Any,
    title: str,
    save: Callable[[dict[str, Any]], Part],
) -> HttpResponse:
    """Afterwards one stands before the same card of the file again."""
    place = f"{enterprise.get_absolute_url()}#{kind.title}"
    return ask(request, form, save, title=title, above=enterprise, then=lambda saved: place)
