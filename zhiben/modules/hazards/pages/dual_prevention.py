"""双重预防数据: what is due for the exchange, what went out, what could not and why."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from zhiben.core.access.permissions import Permission, may
from zhiben.modules.hazards.dual_prevention import COUNTED, LABELS, LONGEST, counts, refused

SHOWN = 100


def show(request: HttpRequest) -> HttpResponse:
    if not may(request.acting, Permission.READ_RECORDS):
        raise Http404
    figures = {name: f"{COUNTED}+" if count > COUNTED else str(count) for name, count in counts(request.acting).items()}
    told = (
        ("待送", figures["due"], "没有确认过的，和确认以后又有变化的"),
        ("已取走，待确认", figures["handed"], "对方取走了还没有确认收妥；没有确认的会再次送出"),
        ("缺少必填项", figures["refused"], "不会送出，补齐以后自动再送"),
        ("已确认", figures["sent"], "对方收妥，此后没有变化"),
    )
    rows = list(refused(request.acting)[:SHOWN])
    lengths = [(LABELS[name], name, most, most // 2) for name, most in LONGEST.items()]
    context = {"figures": told, "refused": rows, "shown": SHOWN, "lengths": lengths}
    return render(request, "hazards/dual_prevention.html", context)
