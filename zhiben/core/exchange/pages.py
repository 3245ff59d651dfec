"""The pages of an import: bring a file, match its columns, mend what is wrong, confirm, watch, see what came of it."""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from zhiben.core.access.permissions import may
from zhiben.core.refusal import Refused
from zhiben.core.web.job_pages import time_left
from zhiben.core.web.keys import key_of
from zhiben.core.web.menu import MenuEntry

from . import services, workbooks
from .declaration import IMPORTS, Importing
from .forms import (
    alike_cells,
    asked_alike,
    changes_alike,
    changes_answered,
    changes_of,
    mending_rows,
    whole_number,
)
from .models import ImportRun, Stage
from .returned import mend_from_file
from .sheets import MOST_BYTES, MOST_ROWS
from .summary import counts_of

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROWS_A_PAGE = 20
RUNS_SHOWN = 100
STEPS = ("上传", "对应列", "检查修改", "导入", "结果")
_STEP_OF = {Stage.MAPPING: 2, Stage.CHECKING: 3, Stage.CHECKED: 3, Stage.RUNNING: 4, Stage.DONE: 5}

menu = (MenuEntry("导入", "exchange:mine", "table-import", shown=services.may_import),)


def mine(request: HttpRequest) -> HttpResponse:
    """What one may import, and what one has begun."""
    if request.acting is None:
        return render(request, "web/no_post.html")
    if not services.may_import(request.acting):
        raise Http404
    offered = sorted(
        (each for each in IMPORTS.values() if may(request.acting, each.permission)), key=lambda each: each.key
    )
    runs = [run for run in services.runs_of(request.acting)[:RUNS_SHOWN] if run.key in IMPORTS]
    return render(request, "exchange/mine.html", {"offered": offered, "runs": runs})


def begin(request: HttpRequest, key: str) -> HttpResponse:
    target = _target(request, key)
    context: dict[str, Any] = {"target": target, "most_rows": MOST_ROWS, "most_bytes": MOST_BYTES >> 20}
    if request.method == "POST":
        try:
            run = services.begin_import(key=key, upload=_brought(request), by=request.acting, now=request.now)
            return redirect(run)
        except Refused as refused:
            context["problem"] = refused.sentence
    context["runs"] = [
        run for run in services.runs_of(request.acting).filter(key=key)[:5] if not run.is_over
    ]  # what is half done is found again here
    return render(request, "exchange/begin.html", context, status=422 if "problem" in context else 200)


@require_safe
def template(request: HttpRequest, key: str) -> HttpResponse:
    target = _target(request, key)
    return _attached(HttpResponse(workbooks.template_of(target), content_type=XLSX), f"导入{target.title}模板.xlsx")


def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    run = services.settle(_run(request, pk), now=request.now)
    if request.headers.get("HX-Request"):
        return _moving(request, run)
    return _page(request, run)


@require_POST
def layout(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Another sheet, or another place of the head."""
    return _step(
        request,
        pk,
        lambda run: services.choose_layout(
            run=run,
            sheet=request.POST.get("sheet", ""),
            head_row=whole_number(request.POST.get("head_row")),
            head_lines=whole_number(request.POST.get("head_lines")),
            by=request.acting,
            now=request.now,
        ),
        columns=True,
    )


@require_POST
def columns(request: HttpRequest, pk: UUID) -> HttpResponse:
    chosen = {
        number: str(value)
        for name, value in request.POST.items()
        if name[:1] == "c" and (number := key_of(name[1:])) is not None and value
    }
    filled_down = [whole_number(name[1:]) for name in request.POST if name[:1] == "f" and name[1:].isdecimal()]
    return _step(
        request,
        pk,
        lambda run: services.map_columns(
            run=run, mapping=chosen, filled_down=filled_down, by=request.acting, now=request.now
        ),
        columns=True,
        chosen=chosen,
    )


@require_POST
def mend(request: HttpRequest, pk: UUID) -> HttpResponse:
    def put_right(run: ImportRun) -> ImportRun:
        changes = changes_of(request.POST) or changes_alike(run, request.POST) or changes_answered(run, request.POST)
        if not changes:
            raise Refused("还没有改动任何格子，请改好后再保存。")
        return services.mend_rows(run=run, changes=changes, by=request.acting, now=request.now)

    return _step(request, pk, put_right, done="已保存并重新检查。")


@require_POST
def returned(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _step(
        request,
        pk,
        lambda run: mend_from_file(run=run, upload=_brought(request), by=request.acting, now=request.now),
        done="已收下改好的文件，并重新检查。",
    )


@require_POST
def confirm(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _step(
        request,
        pk,
        lambda run: services.confirm(
            run=run,
            all_or_nothing=request.POST.get("how") == "all",
            version=whole_number(request.POST.get("version")),
            by=request.acting,
            now=request.now,
        ),
    )


@require_POST
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _step(request, pk, lambda run: services.cancel(run=run, by=request.acting, now=request.now))


@require_POST
def again(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _step(request, pk, lambda run: services.try_again(run=run, by=request.acting, now=request.now))


@require_safe
def problems(request: HttpRequest, pk: UUID) -> HttpResponse:
    run = _run(request, pk)
    return _attached(HttpResponse(workbooks.problem_rows(run), content_type=XLSX), f"问题行-{run.upload.name}.xlsx")


@require_safe
def result(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    run = _run(request, pk)
    if run.total > workbooks.AT_ONCE:
        return redirect("web:job", pk=services.ask_for_result(run=run, by=request.acting, now=request.now).pk)
    with ExitStack() as on_refusal:
        book = on_refusal.enter_context(tempfile.TemporaryFile())
        workbooks.write_result(run, book)
        on_refusal.pop_all()  # from here on the response closes it, when the last byte has gone
    book.seek(0)
    return _attached(FileResponse(book, content_type=XLSX), workbooks.result_name(run))


# ---- within


def _target(request: HttpRequest, key: str) -> type[Importing]:
    """The import, for posts that may use it; otherwise 404."""
    target = IMPORTS.get(key)
    if target is None or not may(request.acting, target.permission):
        raise Http404
    return target


def _run(request: HttpRequest, pk: UUID) -> ImportRun:
    """One's own run, while the post still has the right; otherwise 404."""
    if request.acting is None:
        raise Http404
    run = get_object_or_404(services.runs_of(request.acting), pk=pk)
    _target(request, run.key)
    return run


def _brought(request: HttpRequest) -> Any:
    file = request.FILES.get("file")
    if file is None:
        raise Refused("请选择要导入的文件。", "file")
    return services.keep_file(file, name=file.name or "", by=request.acting, now=request.now)


def _step(
    request: HttpRequest,
    pk: UUID,
    verb: Callable[[ImportRun], ImportRun],
    *,
    done: str = "",
    columns: bool = False,
    chosen: dict[int, str] | None = None,
) -> HttpResponse:
    """Take a step and go back to the run; when it is refused, the page comes back with what was entered."""
    run = _run(request, pk)
    try:
        run = verb(run)
    except Refused as refused:
        fresh = _run(request, pk)
        return _page(request, fresh, problem=refused.sentence, columns=columns, chosen=chosen, status=422)
    if done:
        messages.success(request, done)
    return redirect(run)


def _page(
    request: HttpRequest,
    run: ImportRun,
    *,
    problem: str = "",
    columns: bool = False,
    chosen: dict[int, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    counts = counts_of(run)
    context = {"run": run, "target": run.target, "counts": counts, "problem": problem, **_moving_context(request, run)}
    may_map = run.stage in (Stage.MAPPING, Stage.CHECKED, Stage.FAILED) and not counts.taken
    if run.stage == Stage.MAPPING or (may_map and (columns or "columns" in request.GET)):
        context |= _mapping_context(run, chosen)
    elif run.stage in (Stage.CHECKED, Stage.DONE):
        page = Paginator(run.rows.filter(is_bad=True), ROWS_A_PAGE).get_page(request.GET.get("page"))
        context |= {
            "page": page,
            "bad_rows": mending_rows(run, page.object_list, request.POST),
            "may_map": may_map,
            "alike": alike_cells(run),
            "asked_alike": asked_alike(run),
            "doubts": services.doubts_of(run),
        }
    context["steps"] = [(number, label, _STEP_OF.get(Stage(run.stage), 4)) for number, label in enumerate(STEPS, 1)]
    return render(request, "exchange/run.html", context, status=status)


def _mapping_context(run: ImportRun, chosen: dict[int, str] | None) -> dict[str, Any]:
    plan, mapping = run.plan, run.columns if chosen is None else chosen
    found = set(mapping.values())
    return {
        "plan": plan,
        "columns": [
            {
                "heading": each,
                "field": mapping.get(each.column, ""),
                "is_filled_down": each.column in plan.filled_down,
            }
            for each in plan.headings
        ],
        "missing": [field.label for field in run.target.fields if field.required and field.name not in found],
        "absent": [field.label for field in run.target.fields if not field.required and field.name not in found],
        "head_rows": range(plan.head_row, plan.head_row + plan.head_lines),
    }


def _moving(request: HttpRequest, run: ImportRun) -> HttpResponse:
    """How far it is; when it has come to an end, the whole page anew."""
    if run.stage not in (Stage.CHECKING, Stage.RUNNING):
        response = HttpResponse()
        response["HX-Redirect"] = reverse("exchange:run", args=[run.pk])
        return response
    context = {"run": run, **_moving_context(request, run)}
    return render(request, "exchange/parts/progress.html", context)


def _moving_context(request: HttpRequest, run: ImportRun) -> dict[str, Any]:
    return {"job": run.job, "left": time_left(run.job, request.now) if run.job else None}


def _attached(response: Any, name: str) -> Any:
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response
