"""What a person was told."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from zhiben.core.notify import services as notify
from zhiben.core.notify.models import Notification
from zhiben.core.web.keys import key_of

from .addresses import address_of

SHOWN = 50


def show(request: HttpRequest) -> HttpResponse:
    if request.acting is None:
        return render(request, "web/no_post.html")
    notices = notify.inbox(request.acting.person)
    only_unread = request.GET.get("unread") == "1"
    if only_unread:
        notices = notices.unread()
    if (before := key_of(request.GET.get("before"))) is not None:
        notices = notices.filter(pk__lt=before)
    rows = list(notices[: SHOWN + 1])
    context = {
        "notices": rows[:SHOWN],
        "next": rows[SHOWN - 1].pk if len(rows) > SHOWN else None,
        "only_unread": only_unread,
    }
    return render(request, "web/inbox.html", context)


def open_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Marks it read and goes to the record it is about."""
    if request.acting is None:
        return redirect("web:home")
    notice = get_object_or_404(Notification, pk=pk, person=request.acting.person)
    notify.mark_read(person=request.acting.person, ids=[notice.pk], now=request.now)
    return redirect(address_of(notice.record_type, notice.record_id) or reverse("web:inbox"))


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    if request.acting is not None:
        notify.mark_all_read(person=request.acting.person, now=request.now)
    return redirect("web:inbox")
