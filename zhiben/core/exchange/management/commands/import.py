"""`zhiben import KEY FILE`: the same import as on the pages, for an operator at the server."""

import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from zhiben.core import clock
from zhiben.core.access.acting import By, Machine, hats
from zhiben.core.access.permissions import may
from zhiben.core.accounts.models import User
from zhiben.core.exchange import services
from zhiben.core.exchange.declaration import IMPORTS
from zhiben.core.exchange.models import ImportRun, Stage
from zhiben.core.exchange.summary import counts_of
from zhiben.core.jobs.running import run_pending
from zhiben.core.refusal import Refused

SHOWN = 200


class Command(BaseCommand):
    help = "导入表格：zhiben import org.people 名单.xlsx；有问题的行逐行列出，有问题时退出码为 1"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "key", metavar="种类", help="、".join(f"{key}（{each.title}）" for key, each in sorted(IMPORTS.items()))
        )
        parser.add_argument("file", metavar="文件", type=Path, help="xlsx、xls 或 csv")
        parser.add_argument("--check", action="store_true", help="只检查，不写入")
        parser.add_argument(
            "--good-rows", action="store_true", help="先导入没有问题的行；不加时，有一行有问题就都不导入"
        )
        parser.add_argument("--sheet", default="", help="工作表名称，默认由系统选")
        parser.add_argument("--by", metavar="登录名", help="以谁的名义导入，默认为命令行操作员")

    def handle(
        self, *args: Any, key: str, file: Path, check: bool, good_rows: bool, sheet: str, by: str | None, **options: Any
    ) -> None:
        try:
            who = self._who(key, by)
            run = self._checked(key, file, sheet, who)
            if run.stage != Stage.CHECKED:
                raise CommandError(run.error or "检查没有完成，请看后台作业的记录。")
            counts = counts_of(run)
            self._tell_problems(run)
            self.stdout.write(counts.will_happen)
            if check or (counts.bad and not good_rows) or not counts.waiting:
                services.cancel(run=run, by=who, now=clock.now())
                if counts.bad:
                    raise CommandError(
                        f"有 {counts.bad} 行有问题，什么都没有写入。" if not check else f"有 {counts.bad} 行有问题。"
                    )
                return
            run = self._carried_out(run, not good_rows, who)
        except Refused as refused:
            raise CommandError(refused.sentence) from refused
        if run.stage != Stage.DONE:
            self._tell_problems(run)
            raise CommandError(run.error or "导入没有完成，请看后台作业的记录。")
        counts = counts_of(run)
        self.stdout.write(counts.has_happened)
        if counts.bad:
            self._tell_problems(run)
            raise CommandError(f"有 {counts.bad} 行没有导入，改好后可以再次导入同一个文件。")

    def _who(self, key: str, username: str | None) -> By:
        """The person's first post that may do it; without a name, the operator at the command line."""
        permission = services.target_of(key).permission
        if not username:
            return Machine("命令行操作员")
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"没有登录名为“{username}”的账号，请核对。")
        acting = next((hat for hat in hats(user.pk, clock.now()) if may(hat, permission)), None)
        if acting is None:
            raise CommandError(f"“{username}”的岗位不能{permission.label}，请换一个账号。")
        return acting

    def _checked(self, key: str, file: Path, sheet: str, who: By) -> ImportRun:
        if not file.is_file():
            raise CommandError(f"找不到文件 {file}，请核对路径。")
        with file.open("rb") as content:
            upload = services.keep_file(content, name=file.name, by=who, now=clock.now())
        run = services.begin_import(key=key, upload=upload, by=who, now=clock.now(), sheet=sheet)
        plan = run.plan
        labels = {field.name: field.label for field in run.target.fields}
        self.stdout.write(f"工作表“{plan.sheet}”，表头在第 {plan.head_row} 行，数据从第 {plan.first_row} 行开始。")
        for heading in plan.headings:
            meaning = labels.get(run.columns.get(heading.column, ""), "不导入")
            self.stdout.write(f"  {heading.letters} 列“{heading.text}”：{meaning}")
        run = services.map_columns(run=run, mapping=run.columns, by=who, now=clock.now())
        return self._waited_for(run)

    def _carried_out(self, run: ImportRun, all_or_nothing: bool, who: By) -> ImportRun:
        return self._waited_for(
            services.confirm(run=run, all_or_nothing=all_or_nothing, version=run.version, by=who, now=clock.now())
        )

    def _waited_for(self, run: ImportRun) -> ImportRun:
        """Do what is queued here and now; a worker that runs beside may be quicker."""
        while run.stage in (Stage.CHECKING, Stage.RUNNING):
            if not run_pending(limit=1):
                time.sleep(0.5)
            run = services.settle(services.run_by_id(run.pk), now=clock.now())
        return run

    def _tell_problems(self, run: ImportRun) -> None:
        rows = run.rows.filter(is_bad=True)
        for row in rows[:SHOWN]:
            self.stderr.write(f"第 {row.number} 行：{''.join(row.sentences)}")
        if (count := rows.count()) > SHOWN:
            self.stderr.write(f"……另有 {count - SHOWN} 行有问题。")
