"""Structured logs: one JSON object a line on standard error, with the request and the acting person by number.

No personal data: no names, no addresses of clients, no query strings, no form values.
"""

import logging
import logging.config
import time
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse

log = structlog.get_logger("zhiben.request")

BEFORE_RENDERING: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
STYLES = ("json", "console")


def logging_settings(*, style: str, level: str) -> dict[str, Any]:
    """`json` for a collector, `console` for a person at a terminal."""
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    last_steps = [structlog.processors.format_exc_info, renderer]
    if style == "console":
        last_steps = [structlog.dev.ConsoleRenderer(colors=False)]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": BEFORE_RENDERING,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last_steps],
            },
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"level": level},
            # every request has its own line below, without the address of the client
            "django.server": {"level": "ERROR"},
            "django.request": {"level": "ERROR"},
            # axes writes user names and addresses into its messages; what happened stands in the audit trail
            "axes": {"level": "CRITICAL"},
        },
    }


def configure(settings: dict[str, Any]) -> None:
    """Called by Django with LOGGING; structlog and the standard library then write the same lines."""
    logging.config.dictConfig(settings)
    structlog.configure(
        processors=[*BEFORE_RENDERING, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


class RequestLog:
    """Numbers each request, says the number in `X-Request-ID`, and writes one line when it is answered."""

    QUIET = ("/static/", "/healthz", "/readyz", "/metrics")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        number = uuid.uuid4().hex[:16]
        with structlog.contextvars.bound_contextvars(request_id=number):
            began = time.perf_counter()
            response = self.get_response(request)
            response["X-Request-ID"] = number
            if not request.path.startswith(self.QUIET):
                self.write_down(request, response, milliseconds=(time.perf_counter() - began) * 1000)
        return response

    def write_down(self, request: HttpRequest, response: HttpResponse, milliseconds: float) -> None:
        acting = getattr(request, "acting", None)
        log.info(
            "request",
            method=request.method,
            route=request.resolver_match.route if request.resolver_match else None,
            status=response.status_code,
            milliseconds=round(milliseconds, 1),
            acting_person=acting.person.pk if acting else None,
        )
