"""消息通道: whether messages get out, for whoever keeps the system. They see to whom and why not; never what is said."""

from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from zhiben.core.access.permissions import Permission, may
from zhiben.core.notify import robots, stuck
from zhiben.core.notify.channels.known import CHANNELS
from zhiben.core.notify.kinds import Kind, Medium, RobotKind, Timing
from zhiben.core.notify.models import Outgoing, Robot, Stage
from zhiben.core.org.models import Post
from zhiben.core.org.paths import within
from zhiben.core.refusal import Refused
from zhiben.core.web.keys import key_of
from zhiben.core.web.menu import MenuEntry
from zhiben.core.web.organisation.pages import keep_within_reach
from zhiben.core.web.refusing import put_beside

from .forms import RobotForm

P = Permission
SHOWN = 100

menu = (MenuEntry("消息通道", "notices:channels", icon="send", permission=P.KEEP_SYSTEM),)

HOW_TO = {
    Medium.MAIL: "在服务器上设置 ZHIBEN_SMTP_URL 和 ZHIBEN_MAIL_FROM 后重启，即可发邮件。",
    Medium.SMS: "默认不开通。在服务器上设置 ZHIBEN_SMS_GATEWAY 及网关地址后重启，即可发短信。",
}


def show(request: HttpRequest) -> HttpResponse:
    acting = _keeper(request)
    mine = list(_robots(acting))
    states = stuck.states_of([*Medium.values, *(robot.lane for robot in mine)])
    letters = _stuck(acting).select_related("person", "robot__unit").order_by("-pk")
    context = {
        "media": [
            {
                "label": medium.label,
                "is_configured": CHANNELS[medium].is_configured(),
                "how_to": HOW_TO[medium],
                "state": states[medium],
                "rests": states[medium].rests(request.now),
            }
            for medium in Medium
        ],
        "robots": [
            {"robot": robot, "state": states[robot.lane], "rests": states[robot.lane].rests(request.now)}
            for robot in mine
        ],
        "letters": letters[:SHOWN],
        "stuck": letters.count(),
        "now": request.now,
    }
    return render(request, "web/notices/channels.html", context)


@require_POST
def again(request: HttpRequest) -> HttpResponse:
    """One letter by its number; `parked` for all that certainly did not go out."""
    acting, which = _keeper(request), request.POST.get("letter", "")
    letters = _stuck(acting)
    chosen = letters.filter(stage=Stage.PARKED) if which == "parked" else letters.filter(pk=_number(which))
    if request.POST.get("verb") == "give_up":
        count = stuck.give_up(letters=chosen, by=acting, now=request.now)
        messages.success(request, f"{count} 条消息不再发送。")
    else:
        count = stuck.send_again(letters=chosen, by=acting, now=request.now)
        messages.success(request, f"{count} 条消息已重新排队。")
    return redirect("notices:channels")


def add(request: HttpRequest) -> HttpResponse:
    acting = _keeper(request)
    form = RobotForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            keep_within_reach(acting, given["unit"].region)
            robot = robots.add_robot(
                unit=given["unit"],
                kind=RobotKind(given["kind"]),
                **_common(given),
                by=acting,
                now=request.now,
            )
        except Refused as refused:
            put_beside(form, refused)
        else:
            messages.success(request, f"已添加“{robot.name}”的机器人，请试发一条看看。")
            return redirect("notices:channels")
    return _form_page(request, form, None)


def change(request: HttpRequest, pk: int) -> HttpResponse:
    acting = _keeper(request)
    robot = get_object_or_404(_robots(acting), pk=pk)
    form = RobotForm(request.POST or None, robot=robot)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            robots.change_robot(
                robot=robot, **_common(given), is_active=given["is_active"], by=acting, now=request.now
            )  # fmt: skip
        except Refused as refused:
            put_beside(form, refused)
        else:
            messages.success(request, "机器人已修改。")
            return redirect("notices:channels")
    return _form_page(request, form, robot)


@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    acting = _keeper(request)
    robots.remove_robot(robot=get_object_or_404(_robots(acting), pk=pk), by=acting, now=request.now)
    messages.success(request, "机器人已删除，群里不再收到消息。")
    return redirect("notices:channels")


@require_POST
def try_it(request: HttpRequest, pk: int) -> HttpResponse:
    robot = get_object_or_404(_robots(_keeper(request)), pk=pk)
    robots.try_robot(robot=robot, now=request.now)
    messages.success(request, "已交给机器人，请过一分钟看看群里有没有；没有的话，刷新本页看原因。")
    return redirect("notices:channels")


def _keeper(request: HttpRequest) -> Any:
    if request.acting is None or not may(request.acting, P.KEEP_SYSTEM):
        raise Http404
    return request.acting


def _robots(acting: Any) -> QuerySet[Robot]:
    """Those of the units in the region of the administrator's own unit."""
    return Robot.objects.filter(within(acting.unit.region_path, "unit__region_path")).select_related("unit").order_by(
        "unit__region_path", "pk"
    )  # fmt: skip


def _stuck(acting: Any) -> QuerySet[Outgoing]:
    here = Post.objects.filter(within(acting.unit.region_path, "unit__region_path"), person=OuterRef("person"))
    return Outgoing.objects.filter(
        Exists(here) | Q(robot__in=_robots(acting).order_by().values("pk")), stage__in=stuck.STUCK
    )


def _common(given: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": given["name"],
        "address": given["address"],
        "secret": given["secret"],
        "message_kinds": [Kind(kind) for kind in given["message_kinds"]],
        "timing": Timing(given["timing"]),
        "mentions": given["mentions"],
    }


def _form_page(request: HttpRequest, form: RobotForm, robot: Robot | None) -> HttpResponse:
    context = {"form": form, "robot": robot}
    return render(request, "web/notices/robot.html", context, status=422 if form.errors else 200)


def _number(text: str) -> int:
    return key_of(text) or 0
