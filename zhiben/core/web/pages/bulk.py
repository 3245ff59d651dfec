"""The same step over rows chosen in a list: first what will happen, then what became of each."""

from typing import Any
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from zhiben.core.refusal import Refused
from zhiben.core.workflow.engine import fire_many
from zhiben.core.workflow.inputs import inputs_of

from .answers import mark_errors, questions_of, typed
from .at import At
from .record import RecordPages
from .uploads import keep_files

MOST_AT_ONCE = 500


def take(pages: RecordPages, request: HttpRequest, step: str) -> HttpResponse:
    chosen = next((each for each in pages.bulk_steps() if each.name == step), None)
    if chosen is None or pages.workflow is None:
        raise Http404
    at = At(request.acting, request.now)
    records = _chosen_records(pages, request)
    questions = questions_of(inputs_of(pages.workflow, chosen), chosen.needs, None, at)
    context: dict[str, Any] = {
        "pages": pages,
        "step": chosen,
        "target": pages.workflow.state_label(chosen.target) if chosen.target else "",
        "records": records,
        "questions": questions,
        "key": request.POST.get("key") or str(uuid4()),
        "back": f"{pages.address('list')}?{request.POST.get('query', '')}",
        "query": request.POST.get("query", ""),
        "draft": f"{pages.record_type}:bulk:{chosen.name}",
        "problems": [],
    }
    if "confirmed" not in request.POST or not records:
        return render(request, "web/bulk.html", context)
    try:
        data = typed(questions, request, keep_files(at))
        results = fire_many(records, step, by=at.acting, now=at.now, key=context["key"], **data)
    except Refused as refused:
        context["problems"] = [refused.sentence]
        return render(request, "web/bulk.html", context, status=422)
    if invalid := _same_errors(results):
        context["problems"] = mark_errors(questions, invalid)
        return render(request, "web/bulk.html", context, status=422)
    context["results"] = results
    context["taken"] = sum(1 for result in results if result.refusal is None)
    return render(request, "web/bulk_result.html", context)


def _chosen_records(pages: RecordPages, request: HttpRequest) -> list[Any]:
    """The chosen rows within sight, in the order chosen."""
    key = pages.model._meta.pk
    wanted = []
    for text in request.POST.getlist("record")[:MOST_AT_ONCE]:
        try:
            wanted.append(key.to_python(text))
        except ValidationError:  # a damaged key is nobody's record
            continue
    rows = pages.rows(request.acting).in_bulk(wanted)
    return [rows[each] for each in wanted if each in rows]


def _same_errors(results: list[Any]) -> dict[str, str]:
    """What was wrong with the form itself: the errors all records have in common."""
    errors = [getattr(result.refusal, "errors", None) for result in results]
    return errors[0] if errors and errors[0] and all(each == errors[0] for each in errors) else {}
