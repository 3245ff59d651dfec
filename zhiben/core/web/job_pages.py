"""Long work shows itself: how far it is, how long it still takes, what came of it row by row. One may leave and
come back."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from zhiben.core.jobs.models import Job, JobStatus
from zhiben.core.jobs.services import jobs_of, retry

SHOWN = 50
OVER = (JobStatus.DONE, JobStatus.FAILED)


def mine(request: HttpRequest) -> HttpResponse:
    if request.acting is None:
        return render(request, "web/no_post.html")
    return render(request, "web/jobs.html", {"jobs": jobs_of(request.acting.person)[:SHOWN]})


def show(request: HttpRequest, pk: UUID) -> HttpResponse:
    """`result` of a job may carry `summary` (a sentence), `next` ([{"label", "address"}], or "page": a name and keys, by
    which a worker need not know all addresses) and `rows` ([{"name", "problem"}]): what became of each, downloaded with
    `?download=rows`."""
    job = _job(request, pk)
    result = job.result if isinstance(job.result, dict) else {}
    if request.GET.get("download") == "rows":
        return _download(job, result.get("rows") or [])
    context = {
        "job": job,
        "over": job.status in OVER,
        "left": time_left(job, request.now),
        "summary": result.get("summary", ""),
        "next": [_with_address(each) for each in result.get("next") or []],
        "rows": (result.get("rows") or [])[:SHOWN],
        "row_count": len(result.get("rows") or []),
    }
    template = "web/parts/job.html" if request.headers.get("HX-Request") else "web/job.html"
    return render(request, template, context)


def _with_address(following: dict[str, Any]) -> dict[str, Any]:
    if "page" not in following:
        return following
    name, *keys = following["page"]
    return {**following, "address": reverse(name, args=keys)}


@require_POST
def again(request: HttpRequest, pk: UUID) -> HttpResponse:
    job = _job(request, pk)
    retry(job=job, now=request.now)
    return redirect("web:job", pk=job.pk)


def time_left(job: Job, now: datetime) -> timedelta | None:
    """By the pace so far; None before there is a pace."""
    if job.status != JobStatus.RUNNING or not job.done or not job.total or job.started_at is None:
        return None
    return (now - job.started_at) / job.done * max(job.total - job.done, 0)


def _job(request: HttpRequest, pk: UUID) -> Job:
    return get_object_or_404(Job, pk=pk, owner=request.acting and request.acting.person)


def _download(job: Job, rows: list[dict]) -> HttpResponse:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["名称", "结果"])
    for row in rows:
        writer.writerow([_harmless(row.get("name", "")), _harmless(row.get("problem") or "成功")])
    response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="result-{job.pk}.csv"'
    return response


def _harmless(text: str) -> str:
    """A cell that a spreadsheet would take for a formula is kept as text."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
