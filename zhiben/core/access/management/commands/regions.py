"""`zhiben regions import FILE`: regions from a table of 统计用区划代码."""

from argparse import ArgumentParser, FileType
from datetime import date
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError

from zhiben.core import clock
from zhiben.core.access.acting import Machine
from zhiben.core.org.region_table import import_regions, plan_import
from zhiben.core.refusal import Refused

SHOWN = 20


class Command(BaseCommand):
    help = "区域：import 从 CSV 导入（统计用区划代码、名称；可有层级、上级代码）"

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        importing = commands.add_parser("import", help="导入区划代码表")
        importing.add_argument("file", type=FileType("rb"), help="CSV 文件，UTF-8 或 GBK 编码")
        importing.add_argument("--check", action="store_true", help="只检查，不写入")
        importing.add_argument("--on", type=date.fromisoformat, help="更名自哪一天起生效，默认今天")

    def handle(self, *args: Any, file: IO[bytes], check: bool, on: date | None, **options: Any) -> None:
        now = clock.now()
        with file:
            content = file.read()
        try:
            plan = plan_import(content, day=clock.local_day(now))
            for problem in plan.problems[:SHOWN]:
                self.stderr.write(f"第 {problem.row} 行：{problem.sentence}")
            self.stdout.write(
                f"新设 {len(plan.opens)} 个，更名 {len(plan.renames)} 个，不变 {plan.unchanged} 个，"
                f"占位行 {plan.skipped} 个，有问题 {len(plan.problems)} 行"
            )
            if not check:
                import_regions(plan, on=on or clock.local_day(now), by=Machine("命令行操作员"), now=now)
                self.stdout.write("已导入")
        except Refused as refused:
            raise CommandError(refused.sentence) from refused
