"""`zhiben hazards import FILE`: a ledger of hazards, as on the pages. `zhiben hazards dual-prevention --out FILE.jsonl`:
what of the dual-prevention exchange has not been acknowledged yet."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from zhiben.core import clock
from zhiben.core.access.acting import Machine
from zhiben.modules.hazards import dual_prevention
from zhiben.modules.hazards.imports import HazardImport


class Command(BaseCommand):
    help = "隐患：导入台账，导出双重预防数据交换的隐患数据"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parts = parser.add_subparsers(dest="part", required=True, metavar="做什么")
        brings = parts.add_parser("import", help="导入隐患台账；与“zhiben import hazards.hazards 文件”相同")
        brings.add_argument("file", metavar="文件", type=Path, help="xlsx、xls 或 csv")
        brings.add_argument("--check", action="store_true", help="只检查，不写入")
        brings.add_argument(
            "--good-rows", action="store_true", help="先导入没有问题的行；不加时，有一行有问题就都不导入"
        )
        brings.add_argument("--sheet", default="", help="工作表名称，默认由系统选")
        brings.add_argument("--by", metavar="登录名", help="以谁的名义导入，默认为命令行操作员")

        sends = parts.add_parser("dual-prevention", help="把待送的双重预防隐患数据写入文件，一行一条（JSON Lines）")
        sends.add_argument("--out", metavar="文件", type=Path, required=True, help="写入的文件")
        sends.add_argument("--acknowledge", action="store_true", help="写完即视为对方收妥；不加时下次还会写出")

    def handle(self, *args: Any, part: str, **options: Any) -> None:
        getattr(self, f"_{part.replace('-', '_')}")(**options)

    def _import(self, *, file: Path, check: bool, good_rows: bool, sheet: str, by: str | None, **options: Any) -> None:
        call_command(
            "import",
            HazardImport.key,
            file,
            check=check,
            good_rows=good_rows,
            sheet=sheet,
            by=by,
            stdout=self.stdout,
            stderr=self.stderr,
        )

    def _dual_prevention(self, *, out: Path, acknowledge: bool, **options: Any) -> None:
        by, now = Machine("命令行操作员"), clock.now()
        batches, count = set(), 0
        with out.open("w", encoding="utf-8") as file:
            for batch, row in dual_prevention.lines(by, now):
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                batches.add(batch.id)
                count += 1
        for batch_id in batches if acknowledge else ():
            dual_prevention.acknowledge(batch=batch_id, by=by, now=now)
        refused = dual_prevention.refused(by).count()
        more = f"另有 {refused} 条缺少必填项，原因见“双重预防数据”页面。" if refused else ""
        self.stdout.write(f"已写入 {count} 条。{more}")
