"""The step dialog: before the step it says what will happen, after it what happened and what comes next.
It is a plain page that htmx shows as a dialog; a repetition of the same form changes nothing."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString

from zhiben.core.access.acting import Acting
from zhiben.core.refusal import Refused
from zhiben.core.workflow import claims
from zhiben.core.workflow.deciding import decide as decide_request
from zhiben.core.workflow.engine import fire
from zhiben.core.workflow.models import ApprovalRequest
from zhiben.core.workflow.offers import Offer, offer, offers
from zhiben.core.workflow.refusal import StepInvalid, StepRefused
from zhiben.core.workflow.worklist import count_waiting

from .answers import Question, mark_errors, questions_of, typed
from .at import At
from .detail import find
from .record import RecordPages
from .uploads import keep_files

MOST_COUNTED = 99


def take(pages: RecordPages, request: HttpRequest, pk: Any, step: str) -> HttpResponse:
    if not pages.workflow:
        raise Http404
    record = find(pages, request, pk)
    at = At(request.acting, request.now)
    offered = offer(record, step, at.acting, at.now)
    questions = questions_of(offered.inputs, offered.step.needs, record, at, pages.controls)
    if request.method != "POST":
        return _dialog(pages, request, record, offered, questions, key=str(uuid4()))
    key = request.POST.get("key") or str(uuid4())
    others: list[str] = []
    try:
        data = typed(questions, request, keep_files(at))
        after = fire(record, step, by=at.acting, now=at.now, key=key, **data)
    except StepInvalid as invalid:
        others = mark_errors(questions, invalid.errors)
        return _dialog(pages, request, record, offered, questions, key=key, problems=others, status=422)
    except (StepRefused, Refused) as refused:
        return _dialog(pages, request, record, offered, questions, key=key, problems=[refused.sentence], status=409)
    return taken(pages, request, offered, after)


def taken(pages: RecordPages, request: HttpRequest, offered: Offer, after: Any) -> HttpResponse:
    """After a step: says what happened, forgets the drafts, and goes back to the page it was taken from; else on to the
    record, or to the list where the step has handed the record out of one's sight."""
    messages.success(request, what_happened(offered, after, request.acting))
    still_seen = pages.shows(request.acting, str(after.pk))
    address = page_before(request) or (pages.address("detail", after.pk) if still_seen else pages.address("list"))
    return _gone_to(request, f"{address}?done={pages.record_type}:{after.pk}:{offered.step.name}")


def page_before(request: HttpRequest) -> str:
    """The path of the page of ours from which a dialog was opened, where it said so; empty otherwise."""
    path = (request.POST if request.method == "POST" else request.GET).get("next", "")
    is_ours = url_has_allowed_host_and_scheme(path, None) and path.startswith("/")
    return path.partition("?")[0].partition("#")[0] if is_ours else ""


def what_happened(offered: Offer, after: Any, acting: Acting) -> SafeString:
    """What happened, and the way to the next thing to do."""
    return format_html("{} {}", _happened(offered, after), _what_next(acting))


def _happened(offered: Offer, after: Any) -> str:
    step = offered.step
    if step.approval:
        return f"已提出「{step.label}」申请，等待{'、'.join(offered.told) or '审批人'}表态。"
    told = f"，已通知{_few(offered.told)}" if offered.told else ""
    if step.target is None:
        return f"已{step.label}：“{after}”{told}。"
    return f"已{step.label}：“{after}”现在是「{offered.target_label}」{told}。"


def _what_next(acting: Acting) -> SafeString:
    waiting = count_waiting(acting, at_most=MOST_COUNTED)
    if not waiting:
        return SafeString("")
    counted = f"{waiting}+" if waiting == MOST_COUNTED else waiting
    return format_html('<a href="{}">还有 {} 件待办</a>', reverse("web:home"), counted)


def _few(names: tuple[str, ...]) -> str:
    return "、".join(names[:3]) + (f"等 {len(names)} 人" if len(names) > 3 else "")


def claim(pages: RecordPages, request: HttpRequest, pk: Any) -> HttpResponse:
    record = find(pages, request, pk)
    try:
        claims.claim(record, by=request.acting, now=request.now)
    except StepRefused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, "已标为处理中，四小时内同事不会重复办理；办完或不办了请放下。")
    return redirect(pages.address("detail", pk))


def release(pages: RecordPages, request: HttpRequest, pk: Any) -> HttpResponse:
    claims.release(find(pages, request, pk), by=request.acting)
    return redirect(pages.address("detail", pk))


def decide(pages: RecordPages, request: HttpRequest, pk: Any, request_id: int) -> HttpResponse:
    """A vote on somebody's request for a step."""
    record = find(pages, request, pk)
    asked = get_object_or_404(ApprovalRequest, pk=request_id, record_type=pages.record_type, record_id=str(record.pk))
    agrees = request.POST.get("verdict") == "agree"
    try:
        decide_request(
            asked, agrees=agrees, opinion=request.POST.get("opinion", ""), by=request.acting, now=request.now
        )
    except StepRefused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, f"您已{'同意' if agrees else '不同意'}这项申请，意见已留痕。")
    return redirect(pages.address("detail", pk))


def _dialog(
    pages: RecordPages,
    request: HttpRequest,
    record: Any,
    offered: Offer,
    questions: list[Question],
    *,
    key: str,
    problems: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    beside = pages.beside.get(offered.step.name)
    context = {
        "pages": pages,
        "record": record,
        "offer": offered,
        "step": offered.step,
        "beside": beside,
        "panel": beside.context(record, At(request.acting, request.now)) if beside else None,
        "instead": _instead(record, offered, request),
        "questions": questions,
        "key": key,
        "problems": problems or [],
        "action": pages.address("step", record.pk, offered.step.name),
        "back": page_before(request) or pages.address("detail", record.pk),
        "next": page_before(request),
        "draft": f"{pages.record_type}:{record.pk}:{offered.step.name}",
        "in_dialog": bool(request.headers.get("HX-Request")),
        "has_files": any(question.given.kind == "files" for question in questions),
    }
    template = "web/parts/step.html" if request.headers.get("HX-Request") else "web/step.html"
    return render(request, template, context, status=status)


def _instead(record: Any, offered: Offer, request: HttpRequest) -> list[Offer]:
    """What else may be said of the record now: whoever opened the wrong one of two answers need not go back."""
    if offered.refusal:
        return []
    found = offers(record, request.acting, request.now)
    return [each for each in found if each.step != offered.step and not each.refusal and not each.step.is_seldom]


def _gone_to(request: HttpRequest, address: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)
