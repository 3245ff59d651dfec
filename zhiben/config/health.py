"""For whoever watches the machine: `/healthz` (this process answers) and `/readyz` (it can do its work). Plain JSON."""

import shutil
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from zhiben.config.certificates import folder
from zhiben.config.certificates.services import concerns, serves_https
from zhiben.core import clock
from zhiben.core.events.models import Delivery
from zhiben.core.jobs.models import Job, JobStatus
from zhiben.core.notify.stuck import lanes_left_alone
from zhiben.core.refusal import Refused
from zhiben.core.workflow.models import OpenDeadline

Finding = tuple[bool, str]

PATIENCE = timedelta(minutes=10)
"""Longer than a restart of the worker or the sweeper takes."""


@login_not_required
@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"ok": True})


@login_not_required
@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when everything holds, else 503; each finding says what to do."""
    findings = {name: _asked(question) for name, question in QUESTIONS.items()}
    ok = all(is_well for is_well, _ in findings.values())
    body: dict[str, Any] = {"ok": ok}
    body |= {name: {"ok": is_well, "note": note} for name, (is_well, note) in findings.items()}
    return JsonResponse(body, status=200 if ok else 503, json_dumps_params={"ensure_ascii": False})


def _asked(question: Callable[[], Finding]) -> Finding:
    try:
        return question()
    except DatabaseError:
        return False, "数据库没有应答，请检查数据库服务和 DATABASE_URL"


def database_answers() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True, connection.vendor


def migrations_are_applied() -> Finding:
    return (True, "已是最新") if not unapplied_migrations() else (False, "有未执行的数据库升级，请运行 zhiben migrate")


def jobs_are_taken() -> Finding:
    """Whether a worker lives is seen by what it leaves undone, on whichever machine it runs."""
    now = clock.now()
    startable = Q(not_before=None) | Q(not_before__lte=now)
    return _backlog(
        Job.objects.filter(startable, status=JobStatus.QUEUED)
        .order_by("created_at")
        .values_list("created_at", flat=True),
        now,
        "后台作业没有人处理，请启动 zhiben worker",
    )


def events_are_delivered() -> Finding:
    now = clock.now()
    due = Q(next_at=None) | Q(next_at__lte=now)
    return _backlog(
        Delivery.objects.filter(due, done_at=None, parked_at=None).order_by("pk").values_list("event__at", flat=True),
        now,
        "事件没有投递，请启动 zhiben worker",
    )


def deadlines_are_watched() -> Finding:
    now = clock.now()
    return _backlog(
        OpenDeadline.objects.filter(next_at__lte=now).order_by("next_at").values_list("next_at", flat=True),
        now,
        "期限没有人巡查，请启动 zhiben sweeper",
    )


def messages_are_sent() -> Finding:
    """A mail server that is down makes no page unready; that nobody carries the letters does."""
    now = clock.now()
    alone = lanes_left_alone(now, now - PATIENCE)
    if not alone:
        return True, "没有积压"
    return False, f"消息没有人发送（{'、'.join(alone)}），请启动 zhiben worker，并在“消息通道”中查看"


def _backlog(waiting_since: QuerySet[Any, Any], now: datetime, what_to_do: str) -> Finding:
    oldest = waiting_since.first()
    if oldest is None:
        return True, "没有积压"
    minutes = int((now - oldest) / timedelta(minutes=1))
    note = f"最早的已等待 {minutes} 分钟"
    return (True, note) if now - oldest <= PATIENCE else (False, f"{note}，{what_to_do}")


def certificate_holds() -> Finding:
    """An ended certificate is said here, in the logs and by `zhiben doctor`; one that will end soon is only noted."""
    if not serves_https():
        return True, "由前端代理提供" if settings.ZHIBEN_HTTPS else "没有启用 HTTPS"
    now = clock.machine_now()
    try:
        served = folder.served()
    except Refused as refusal:
        return False, refusal.sentence
    note = "；".join(concerns(now)) or f"还有 {served.days_left(now)} 天"
    return served.begins_at <= now < served.ends_at, note


def disk_has_room() -> Finding:
    folder = next(place for place in (settings.ZHIBEN_DATA, *settings.ZHIBEN_DATA.parents) if place.exists())
    free = shutil.disk_usage(folder).free // 2**20
    if free < settings.ZHIBEN_LEAST_FREE_MB:
        return False, f"数据目录所在磁盘只剩 {free} MB，请清理或扩容"
    return True, f"剩余 {free} MB"


QUESTIONS: dict[str, Callable[[], Finding]] = {
    "database": database_answers,
    "migrations": migrations_are_applied,
    "jobs": jobs_are_taken,
    "events": events_are_delivered,
    "deadlines": deadlines_are_watched,
    "messages": messages_are_sent,
    "disk": disk_has_room,
    "certificate": certificate_holds,
}


_ALL_APPLIED = threading.Event()


def unapplied_migrations() -> int:
    """How many; once all are applied this process, which holds the same files, need not look again."""
    if _ALL_APPLIED.is_set():
        return 0
    executor = MigrationExecutor(connection)
    count = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if count == 0:
        _ALL_APPLIED.set()
    return count
