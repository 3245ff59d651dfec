"""What is counted as it happens: requests by their route, jobs and chores by their name. Never a path, an id or a
person."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter, Histogram

SECONDS = (0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
LONG_SECONDS = (0.1, 1, 5, 30, 120, 600, 3600)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

REQUESTS = Counter("zhiben_http_requests", "Requests answered", ("route", "method", "status"))
LATENCY = Histogram("zhiben_http_request_seconds", "Time to the answer", ("route", "method"), buckets=SECONDS)
WORK = Counter("zhiben_work", "Jobs and chores that this machine's processes ended", ("kind", "name", "outcome"))
WORK_SECONDS = Histogram("zhiben_work_seconds", "How long they took", ("kind", "name"), buckets=LONG_SECONDS)


class RequestMetrics:
    """Middleware, the first of all, so that what the others do is measured too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - began
        route, method = route_of(request), request.method if request.method in METHODS else "other"
        REQUESTS.labels(route, method, response.status_code).inc()
        LATENCY.labels(route, method).observe(seconds)
        return response


def route_of(request: HttpRequest) -> str:
    """The pattern of the address, `tasks/<int:pk>/`: as many as the program has, whatever visitors ask."""
    if request.resolver_match:
        return request.resolver_match.route
    return "static/" if request.path.startswith("/static/") else "unknown"


def count_work(kind: str, name: str, outcome: str, seconds: float) -> None:
    WORK.labels(kind, name, outcome).inc()
    WORK_SECONDS.labels(kind, name).observe(seconds)
