"""Pages that say how the pages work."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def keys(request: HttpRequest) -> HttpResponse:
    return render(request, "web/keys.html")
