"""`zhiben redirect`: the plain port beside HTTPS."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from zhiben.config.certificates.services import serves_https


class Command(BaseCommand):
    help = "HTTP 端口：把访问转到 HTTPS，并提供证书安装页 /install/（本系统自己提供 HTTPS 时使用）"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=os.environ.get("ZHIBEN_HOST", "127.0.0.1"), help="监听地址")
        parser.add_argument("--port", type=int, default=int(os.environ.get("ZHIBEN_PLAIN_PORT", "8080")), help="端口")

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        if not serves_https():
            raise CommandError(
                "本系统现在没有自己提供 HTTPS，不需要这个端口。请先运行 zhiben certificate make 并设 ZHIBEN_HTTPS=1；"
                "由前端代理提供 HTTPS 时，请在代理上做跳转"
            )
        from zhiben.config.serving import server

        server("zhiben.config.redirect:application", host=host, port=port, processes=1, threads=2, plain=True).serve()
