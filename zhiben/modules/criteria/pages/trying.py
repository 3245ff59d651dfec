"""试判: type what was found, see which criteria may apply; and the same list as a fragment for other pages."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from zhiben.core.web.keys import key_of

from ..services import candidates_for, catalogue_version, gaps
from .reading import day_asked, fields_with, require_reader, text_asked, trades_asked


def show(request: HttpRequest) -> HttpResponse:
    require_reader(request.acting)
    return render(request, "criteria/try.html", _judged(request) | {"version": catalogue_version()})


def candidates(request: HttpRequest) -> HttpResponse:
    """`?description=&sector=&trades=&found_on=` → the list alone."""
    require_reader(request.acting)
    return render(request, "criteria/parts/found.html", _judged(request))


def _judged(request: HttpRequest) -> dict[str, Any]:
    trades = trades_asked(request)
    asked: dict[str, Any] = {
        "description": text_asked(request, "description"),
        "sector": text_asked(request, "sector"),
        "trades": trades,
        "found_on": day_asked(request),
    }
    return asked | {
        "suggestions": candidates_for(**asked) if asked["description"] else [],
        "gaps": gaps(**asked) if asked["description"] else (),
        "chosen": key_of(request.GET.get("criterion")),
        "fields": fields_with(trades),
    }
