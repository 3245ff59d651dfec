"""我的待办: what waits for me, nearest deadline first, each row with its one next step; then what we sent."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from zhiben.core.access.permissions import Permission, may
from zhiben.core.clock import local_day
from zhiben.core.notify.services import inbox
from zhiben.core.web.keys import key_of
from zhiben.core.workflow.models import WorkItem
from zhiben.core.workflow.worklist import Waiting, count_waiting, sent_and_waiting, worklist

from .menu import MenuEntry
from .pages.record import RecordPages

menu = (
    MenuEntry("待办", "web:home", icon="checklist", foot="待办", foot_place=1),
    MenuEntry("我交办的", "web:sent", icon="send", permission=Permission.DISPATCH_TASKS),
    MenuEntry("通知", "web:inbox", icon="bell", foot="通知", foot_place=8),
    MenuEntry("后台作业", "web:jobs", icon="progress", permission=Permission.EXPORT_RECORDS),
    MenuEntry("我的", "web:me", icon="user", foot="我的", foot_place=9),
)

SHOWN = 30
SHOWN_BESIDE = 8
SOON = 3
COUNTED = 1000


def show(request: HttpRequest) -> HttpResponse:
    if request.acting is None:
        return render(request, "web/no_post.html")
    after = (
        WorkItem.objects.filter(pk=key, seat__in=request.acting.seats).first()
        if (key := key_of(request.GET.get("after"))) is not None
        else None
    )
    rows = worklist(request.acting, request.now, limit=SHOWN + 1, after=after)
    more = len(rows) > SHOWN
    sends = may(request.acting, Permission.DISPATCH_TASKS)
    context = {
        "rows": [dressed(row, request) for row in rows[:SHOWN]],
        "next": rows[SHOWN - 1].item.pk if more else None,
        "count": count_waiting(request.acting, at_most=COUNTED + 1),
        "counted_to": COUNTED,
        "sends": sends,
        "sent": [dressed(row, request) for row in sent_and_waiting(request.acting, request.now, limit=SHOWN_BESIDE)]
        if sends
        else [],
        "notices": list(inbox(request.acting.person).unread()[:SHOWN_BESIDE]),
    }
    return render(request, "web/home.html", context)


def sent(request: HttpRequest) -> HttpResponse:
    if request.acting is None:
        return render(request, "web/no_post.html")
    rows = sent_and_waiting(request.acting, request.now, limit=200)
    return render(request, "web/sent.html", {"rows": [dressed(row, request) for row in rows]})


def dressed(row: Waiting, request: HttpRequest) -> dict[str, object]:
    """A row of a worklist with the addresses of its record and of its step's dialog."""
    pages = RecordPages.by_type.get(row.item.record_type)
    step = row.item.step
    has_dialog = pages is not None and step and ":" not in step and not row.workflow.step(step).awaited_as
    return {
        "waiting": row,
        "item": row.item,
        "address": reverse(f"{pages.name}:detail", args=[row.item.record_id]) if pages else row.get_absolute_url(),
        "step_address": reverse(f"{pages.name}:step", args=[row.item.record_id, step]) if pages and has_dialog else "",
        "held_by_other": row.claim is not None and row.claim.person_id != request.acting.person.pk,
        "when": when_due(row.item.due_on, local_day(request.now)),
    }


def when_due(day: date | None, today: date) -> str:
    """The heading under which a row of the worklist stands."""
    if day is None:
        return "没有期限"
    if day < today:
        return "已经逾期"
    return "三天内到期" if (day - today).days <= SOON else "以后到期"
