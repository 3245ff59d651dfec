"""What the review page shows: the ledger as cards, the document with its marks, and how far the checking has come."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from django.db.models import Prefetch
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.safestring import SafeString

from zhiben.core.access.acting import Acting
from zhiben.core.access.permissions import Permission, may
from zhiben.core.org.models import Unit
from zhiben.core.web.templatetags.web import icon

from ..marking import draw, marks_of
from ..models import (
    DepartmentRole,
    DraftEdit,
    ItemDepartment,
    Operator,
    Period,
    PlanAction,
    PlanItem,
    PlanVersion,
    Resolution,
)
from ..services.drafting import last_to_redo, last_to_undo
from .chips import chips_of

_CARD_ICONS = (
    "check",  # icon
    "pencil",  # icon
    "restore",  # icon
)
_FORM_ICONS = (
    "arrow-merge",  # icon
    "arrow-up",  # icon
    "arrow-down",  # icon
    "trash",  # icon
)
DOUBTFUL = 0.8
"""A reading less sure than this is looked at first."""


@dataclass(frozen=True)
class Card:
    """One item on the page, with every sentence of doubt about it."""

    item: PlanItem
    doubts: tuple[str, ...]

    @property
    def key(self) -> str:
        return str(self.item.pk)

    @property
    def seen(self) -> str:
        return str(self.item.revision)

    @property
    def chips(self) -> SafeString:
        return chips_of(self.item)

    @cached_property
    def is_doubtful(self) -> bool:
        return bool(self.doubts) and not self.item.checked and not self.item.dropped


@dataclass(frozen=True)
class Section:
    """Cards under one heading: an action of the plan, or what is doubtful."""

    heading: str
    cards: list[Card]


class Review:
    """One draft (or a later version, to be read only) as one person sees it. Constant number of queries."""

    roles = DepartmentRole.choices
    operators = Operator.choices
    periods = Period.choices

    def __init__(self, version: PlanVersion, acting: Acting, *, order: str = "doubts") -> None:
        self.version = version
        self.acting = acting
        self.order = order if order in ("doubts", "text") else "doubts"

    @cached_property
    def address(self) -> str:
        """Of this page; what its forms ask for lies below it."""
        return reverse("drafts:review", args=(self.version.pk,))

    @cached_property
    def icons(self) -> dict[str, SafeString]:
        """Drawn once for hundreds of cards."""
        return {name: icon(name) for name in _CARD_ICONS}

    doings = tuple(
        zip(
            ("merge", "up", "down", "drop"),
            ("并入上一条", "上移", "下移", "剔除（不是任务）"),
            _FORM_ICONS,
            strict=True,
        )
    )
    """What else may be done to an item, in its form: operation, words, icon."""

    @cached_property
    def is_open(self) -> bool:
        """Whether this person may edit it now."""
        mine = self.version.responsible_unit_id == self.acting.post.unit_id
        return self.version.is_draft and mine and may(self.acting, Permission.MANAGE_PLANS)

    @cached_property
    def items(self) -> list[PlanItem]:
        return list(with_readings(PlanItem.objects.filter(version=self.version)))

    @cached_property
    def cards(self) -> list[Card]:
        return [card_of(item) for item in self.items]

    @property
    def sections(self) -> list[Section]:
        """By the plan's actions in the order of the text; or the doubtful first, then the rest, then the dropped."""
        if self.order == "text":
            groups = groupby(self.cards, key=lambda card: card.item.action)
            return [Section(str(action) if action else "", list(cards)) for action, cards in groups]
        parts: dict[str, list[Card]] = {"有疑点，请先核对": [], "其余任务": [], "已剔除": []}
        for card in self.cards:
            name = "已剔除" if card.item.dropped else "有疑点，请先核对" if card.is_doubtful else "其余任务"
            parts[name].append(card)
        return [Section(heading, cards) for heading, cards in parts.items() if cards]

    @cached_property
    def actions(self) -> list[PlanAction]:
        return list(self.version.actions.all())

    @cached_property
    def passages(self) -> SafeString:
        if self.version.document is None:
            return SafeString("")
        return draw(self.version.document.source(), marks_of(self.version, self.items))

    @cached_property
    def goals(self) -> list:
        return list(self.version.goals.all())

    @cached_property
    def duties(self) -> list:
        return list(self.version.obligations.prefetch_related("units"))

    @cached_property
    def open_names(self) -> list[tuple[ItemDepartment, int]]:
        """Printed names that stand for no unit yet, each once, with how often: one click settles all of them."""
        rows = ItemDepartment.objects.filter(item__version=self.version, item__dropped=False)
        found: dict[str, list[ItemDepartment]] = {}
        for row in rows.filter(resolution=Resolution.OPEN).select_related("item").order_by("item__position", "pk"):
            found.setdefault(row.name, []).append(row)
        return sorted(((rows[0], len(rows)) for rows in found.values()), key=lambda pair: -pair[1])

    @cached_property
    def tally(self) -> dict[str, int]:
        rows = self.version.items.filter(dropped=False)
        states = list(rows.values_list("checked", flat=True))
        return {"checked": sum(states), "total": len(states)}

    @cached_property
    def undoable(self) -> DraftEdit | None:
        return last_to_undo(self.version, self.acting)

    @cached_property
    def redoable(self) -> DraftEdit | None:
        return last_to_redo(self.version, self.acting)


def with_readings(items):
    """These items with everything that hangs on them, in a constant number of queries."""
    names = Prefetch("units", Unit.objects.only("name", "short_name").order_by("region_path", "pk"))
    departments = ItemDepartment.objects.prefetch_related(names)
    return items.select_related("action").prefetch_related(
        Prefetch("departments", departments), "milestones", "indicators", "frequencies"
    )


def card_of(item: PlanItem) -> Card:
    return Card(item, tuple(_doubts(item)))


def find_version(request: HttpRequest, version_id: int) -> PlanVersion:
    """The version, or a 404 when it is not within sight of the post."""
    if not may(request.acting, Permission.READ_RECORDS):
        raise Http404
    rows = PlanVersion.objects.visible_to(request.acting)
    return get_object_or_404(rows.select_related("plan", "document", "responsible_unit", "based_on"), pk=version_id)


def _doubts(item: PlanItem) -> Iterable[str]:
    yield from item.doubts
    if item.confidence < DOUBTFUL and not item.doubts:
        yield "这一条读得不太有把握，请对照原文核对"
    for department in item.departments.all():
        if department.resolution == Resolution.OPEN and department.role != DepartmentRole.PARTICIPANT:
            yield f"「{department.name}」还没有对应到单位"
        yield from department.doubts
    for reading in (*item.milestones.all(), *item.indicators.all(), *item.frequencies.all()):
        yield from (f"{reading._meta.verbose_name}:{doubt}" for doubt in reading.doubts)
