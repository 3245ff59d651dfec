"""`zhiben criteria load`: the tables follow the catalogue. (`zhiben criteria judge` needs no database: `command.py`.)"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from zhiben.core import clock
from zhiben.core.access.acting import Machine
from zhiben.modules.criteria.services import catalogue_version, keep


class Command(BaseCommand):
    help = "判定标准目录：load 写入或更新数据库中的判定标准；升级数据库时会自动执行"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", metavar="load", choices=("load",), help="写入或更新判定标准")

    def handle(self, *args: Any, **options: Any) -> None:
        kept = keep(by=Machine("命令行操作员"), now=clock.now())
        said = f"新增 {kept.added} 条，更新 {kept.changed} 条，移出 {kept.retired} 条" if kept else "没有变化"
        self.stdout.write(f"判定标准目录 {catalogue_version()}：{said}。")
