"""For whoever watches the machine: `/healthz` (this process answers) and `/readyz` (it can do its work). Plain JSON."""

import shutil
import threading
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

Finding = tuple[bool, str]


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
        return False, "数据库没有应答,请检查数据库服务和 DATABASE_URL"


def database_answers() -> Finding:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True, connection.vendor


def migrations_are_applied() -> Finding:
    return (True, "已是最新") if not unapplied_migrations() else (False, "有未执行的数据库升级,请运行 zhiben migrate")


def disk_has_room() -> Finding:
    folder = next(place for place in (settings.ZHIBEN_DATA, *settings.ZHIBEN_DATA.parents) if place.exists())
    free = shutil.disk_usage(folder).free // 2**20
    if free < settings.ZHIBEN_LEAST_FREE_MB:
        return False, f"数据目录所在磁盘只剩 {free} MB,请清理或扩容"
    return True, f"剩余 {free} MB"


QUESTIONS: dict[str, Callable[[], Finding]] = {
    "database": database_answers,
    "migrations": migrations_are_applied,
    "disk": disk_has_room,
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
