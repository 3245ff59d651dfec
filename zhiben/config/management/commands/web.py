"""`zhiben web`: the pages, served by granian over WSGI."""

import os
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from zhiben.config.checks import SQLITE, refuse_unsafe


class Command(BaseCommand):
    help = "只启动网页服务"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=os.environ.get("ZHIBEN_HOST", "127.0.0.1"), help="监听地址")
        parser.add_argument("--port", type=int, default=int(os.environ.get("ZHIBEN_PORT", "8000")), help="端口")

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        try:
            refuse_unsafe()
        except ImproperlyConfigured as problems:
            raise CommandError(f"不能启动网页服务：\n{problems}") from None
        from granian import Granian
        from granian.constants import Interfaces

        on_sqlite = settings.DATABASES["default"]["ENGINE"] == SQLITE
        Granian(
            "zhiben.config.wsgi:application",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=int(os.environ.get("ZHIBEN_WEB_PROCESSES", "1" if on_sqlite else "2")),
            blocking_threads=int(os.environ.get("ZHIBEN_WEB_THREADS", "4")),
            respawn_failed_workers=True,
            workers_kill_timeout=10,
            log_access=False,
        ).serve()
