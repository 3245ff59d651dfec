"""`zhiben web`: the pages, served by granian over WSGI."""

import os
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from zhiben.config.certificates import folder
from zhiben.config.certificates.services import concerns, renew_when_due, serves_https
from zhiben.config.checks import SQLITE, refuse_unsafe
from zhiben.core import clock
from zhiben.core.access.acting import Machine
from zhiben.core.refusal import Refused


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
        self.look_at_certificate()
        from zhiben.config.serving import server

        on_sqlite = settings.DATABASES["default"]["ENGINE"] == SQLITE
        server(
            "zhiben.config.website:application",
            host=host,
            port=port,
            processes=int(os.environ.get("ZHIBEN_WEB_PROCESSES", "1" if on_sqlite else "2")),
            threads=int(os.environ.get("ZHIBEN_WEB_THREADS", "4")),
        ).serve()

    def look_at_certificate(self) -> None:
        """
        One that cannot be used stops the start. One that has ended does not: our own is renewed here and now, another's
        is served with a warning, because a site that says why it is refused is better than a port that is silent.
        """
        if not serves_https():
            return
        now = clock.machine_now()
        try:
            renew_when_due(by=Machine("证书续期"), now=now)
            folder.served()
        except Refused as refusal:
            raise CommandError(f"不能启动网页服务：{refusal.sentence}") from None
        for sentence in concerns(now):
            self.stderr.write(f"注意：{sentence}")
