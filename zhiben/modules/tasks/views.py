"""The pages of this module that are not like every other: the wall chart, the calendar of duties, giving feedback."""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from zhiben.core.clock import local_day
from zhiben.core.refusal import Refused
from zhiben.core.web.keys import key_of
from zhiben.core.web.pages.answers import Question, mark_errors, questions_of, typed
from zhiben.core.web.pages.at import At
from zhiben.core.web.pages.detail import find
from zhiben.core.web.pages.listing import Listing
from zhiben.core.web.pages.record import RecordPages
from zhiben.core.web.pages.routes import guarded
from zhiben.core.web.pages.stepping import page_before, taken
from zhiben.core.web.pages.uploads import keep_files
from zhiben.core.workflow.offers import Offer, offer
from zhiben.core.workflow.refusal import StepInvalid
from zhiben.core.workflow.table import Input

from . import services
from .calendar_board import board_of
from .feedback import Figure
from .models import Indicator, Milestone, Task
from .pages import ObligationPages, TaskPages
from .standing import target_on
from .wallchart import LEGEND, WIDTH, draw

MOST_ON_CHART = 400
MOST_ON_CALENDAR = 200


def _wall_chart(pages: TaskPages, request: HttpRequest) -> HttpResponse:
    """The list as a picture: whatever the list's address says, drawn by time."""
    listing = _widest(pages, request)
    order = ("programme_id", "position", "pk")
    keys = list(listing.filtered.order_by(*order).values_list("pk", flat=True)[: MOST_ON_CHART + 1])
    rows = Task.objects.filter(pk__in=keys[:MOST_ON_CHART]).order_by(*order)
    tasks = list(rows.select_related("responsible_unit").prefetch_related("milestones"))
    context = {
        "pages": pages,
        "listing": listing,
        "chart": draw(tasks, local_day(request.now)),
        "today": local_day(request.now),
        "legend": LEGEND,
        "width": WIDTH,
        "too_many": len(keys) > MOST_ON_CHART,
        "most": MOST_ON_CHART,
        "on_the_wall": request.GET.get("wall") == "1",
    }
    return render(request, "tasks/wall_chart.html", context)


def _duty_calendar(pages: ObligationPages, request: HttpRequest) -> HttpResponse:
    """A year of recurring duties, month by month."""
    listing = _widest(pages, request)
    today = local_day(request.now)
    asked = key_of(request.GET.get("year"))
    year = asked if asked is not None and 2000 <= asked <= 2100 else today.year
    obligations = listing.filtered.select_related("responsible_unit").order_by("programme_id", "position", "pk")
    board = board_of(list(obligations[:MOST_ON_CALENDAR]), year=year, today=today)
    context = {"pages": pages, "listing": listing, "board": board, "year": year, "most": MOST_ON_CALENDAR}
    return render(request, "tasks/duty_calendar.html", context)


def _feed_back(pages: TaskPages, request: HttpRequest, pk: Any) -> HttpResponse:
    """The step dialog of feedback, with a line for each indicator and each milestone still open."""
    task = find(pages, request, pk)
    at = At(request.acting, request.now)
    offered = offer(task, "feed_back", at.acting, at.now)
    questions = questions_of(offered.inputs, offered.step.needs, task, at)
    indicators = list(task.indicators.prefetch_related("targets", "values"))
    milestones = list(task.milestones.filter(reached_on=None))
    more = [*_about_milestones(milestones), *_about_indicators(indicators, at.today)]
    key = request.POST.get("key") or str(uuid4())
    problems: list[str] = []
    status = 200
    if request.method == "POST":
        try:
            data = typed(questions, request, keep_files(at))
            answers = typed(more, request, keep_files(at))
            after = services.feed_back(
                task=task,
                percent=data["percent"],
                text=data["text"],
                fall_reason=data.get("fall_reason", ""),
                files=data.get("files", ()),
                figures=_figures(indicators, answers),
                reached=[each for each in milestones if answers.get(f"reached_{each.pk}")],
                by=at.acting,
                now=at.now,
                key=key,
            )
        except StepInvalid as invalid:
            problems, status = mark_errors([*questions, *more], invalid.errors), 422
        except Refused as refused:
            problems, status = [refused.sentence], 409
        else:
            return taken(pages, request, offered, after)
    context = _dialog(pages, request, task, offered, [*questions, *more], key, problems)
    template = "web/parts/step.html" if request.headers.get("HX-Request") else "web/step.html"
    return render(request, template, context, status=status)


wall_chart = guarded(TaskPages, _wall_chart)
duty_calendar = guarded(ObligationPages, _duty_calendar)
feed_back = guarded(TaskPages, _feed_back)


def _widest(pages: RecordPages, request: HttpRequest) -> Listing:
    """The list that the address names; where it names no perspective, the widest one that has anything to show."""
    if "as" not in request.GET:
        views = {each.name: rows for each, rows in pages.perspectives(request.acting)}
        for name in ("region", "supervising", "responsible"):
            if name in views and pages.base().filter(views[name]).exists():
                params = request.GET.copy()
                params["as"] = name
                request.GET = params  # type: ignore[assignment]  # a page may be given another address than it was asked by
                break
    return Listing(pages, request)


def _about_milestones(milestones: list[Milestone]) -> list[Question]:
    return [
        Question(
            Input(f"reached_{each.pk}", f"节点已完成：{each}", "yes_no", help="勾选后记为今天完成"), required=False
        )
        for each in milestones
    ]


def _about_indicators(indicators: list[Indicator], today: date) -> list[Question]:
    """A rate is asked for by its two parts, so that the figure can be followed back."""
    questions = []
    for each in indicators:
        target = target_on({row.year: row.value for row in each.targets.all()}, today)
        wish = each.judged(today).sentence if target else ""
        if each.unit == "%":
            part = f"指标“{each.metric}”"
            questions += [
                Question(
                    Input(f"part_{each.pk}", f"{part}的分子", "number", help=f"{wish}。分子除以分母自动得出"), False
                ),
                Question(Input(f"whole_{each.pk}", f"{part}的分母", "number"), False),
            ]
        else:
            label = f"指标“{each.metric}”的最新数值"
            questions.append(Question(Input(f"figure_{each.pk}", label, "number", unit=each.unit, help=wish), False))
    return questions


def _figures(indicators: list[Indicator], answers: dict[str, Any]) -> list[Figure]:
    """Raises StepInvalid for what is not a number."""
    figures = []
    for each in indicators:
        value, part, whole = (_number(answers, f"{name}_{each.pk}") for name in ("figure", "part", "whole"))
        if value is not None or part is not None or whole is not None:
            figures.append(Figure(each, value, part, whole))
    return figures


def _number(answers: dict[str, Any], name: str) -> Decimal | None:
    typed_in = str(answers.get(name, "")).strip().replace(",", "").replace("，", "")
    if not typed_in:
        return None
    try:
        value = Decimal(typed_in)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value) >= Decimal(10) ** 14:
        raise StepInvalid({name: f"“{typed_in}”不是可用的数字，请只填写数字"})
    return value


def _dialog(
    pages: TaskPages,
    request: HttpRequest,
    task: Task,
    offered: Offer,
    questions: list[Question],
    key: str,
    problems: list[str],
) -> dict[str, Any]:
    return {
        "pages": pages,
        "record": task,
        "offer": offered,
        "step": offered.step,
        "questions": questions,
        "key": key,
        "problems": problems,
        "action": pages.address("step", task.pk, "feed_back"),
        "back": page_before(request) or pages.address("detail", task.pk),
        "next": page_before(request),
        "draft": f"{pages.record_type}:{task.pk}:feed_back",
        "in_dialog": bool(request.headers.get("HX-Request")),
        "has_files": True,
    }
