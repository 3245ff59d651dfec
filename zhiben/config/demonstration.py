"""演示时间: in a demonstration a presenter moves the clock forward and sees what the days bring. Elsewhere there is
no such page."""

from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods

from zhiben.core import clock
from zhiben.core.access.acting import Acting
from zhiben.core.events.services import deliver_pending
from zhiben.core.web.menu import MenuEntry
from zhiben.core.workflow.management.commands.sweeper import patrol

CHOICES = ((1, "前进 1 天"), (3, "前进 3 天"), (7, "前进 1 周"), (30, "前进 30 天"))


@require_http_methods(["GET", "POST"])
def time(request: HttpRequest) -> HttpResponse:
    """Move the clock, then let the watchman make his round, as he would have done meanwhile."""
    if not settings.ZHIBEN_DEMO:
        raise Http404
    happened = request.session.pop("demonstration", None)
    if request.method == "POST":
        days = request.POST.get("days", "")
        if days not in {str(count) for count, _ in CHOICES}:
            raise Http404
        # A day at a time, so that each reminder falls on its own day and not all on the last.
        for _ in range(int(days)):
            clock.move_demonstration(timedelta(days=1))
            outcome = patrol()
            deliver_pending(clock.now())
        request.session["demonstration"] = f"时间前进了 {days} 天。最后一天{outcome}。"
        return redirect("demonstration:time")
    return render(
        request,
        "config/time.html",
        {"happened": happened, "choices": CHOICES, "today": clock.local_day(clock.now())},
    )


def _shown(acting: Acting) -> bool:
    return settings.ZHIBEN_DEMO


app_name = "demonstration"
urlpatterns = [path("demonstration/time/", time, name="time")]
menu = (MenuEntry("演示时间", "demonstration:time", icon="clock", shown=_shown),)
