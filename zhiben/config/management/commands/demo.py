"""`zhiben demo`: a fictional county with a year behind it. Made once; where there is data already nothing is done."""

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from zhiben.core.org.models import Region


class Command(BaseCommand):
    help = "写入演示数据：虚构的一市一县、两份方案和过去一年的办理情况（只在演示环境；已有数据时什么也不做）"

    def handle(self, *args: Any, **options: Any) -> None:
        from zhiben.config.demo.people import ACCOUNTS, PASSWORD
        from zhiben.config.demo.year import live_through

        if not settings.ZHIBEN_DEMO:
            raise CommandError("只有演示环境可以写入演示数据。请设置环境变量 ZHIBEN_DEMO=1，并使用单独的数据目录。")
        if Region.objects.exists():
            self.stdout.write("已有数据，不再写入演示数据。")
        else:
            begun = time.monotonic()
            live_through(self.stdout.write)
            self.stdout.write(f"演示数据已写好，用时 {time.monotonic() - begun:.0f} 秒。")
        self.stdout.write(f"\n演示账号（密码都是 {PASSWORD}）：")
        for username, unit, _, title, purpose in ACCOUNTS:
            self.stdout.write(f"  {username:<7} {unit} {title}：{purpose}")
