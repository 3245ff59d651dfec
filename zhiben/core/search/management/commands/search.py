"""`zhiben search rebuild`: the index of words made anew."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from zhiben.core.search.index import SEARCHABLE, rebuild


class Command(BaseCommand):
    help = "重建检索索引。可在运行中进行，中断后再运行一次即可。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=["rebuild"], help="rebuild：重建")

    def handle(self, **options: Any) -> None:
        for declared in SEARCHABLE.values():
            label = declared.model._meta.verbose_name

            def progress(done: int, label: Any = label) -> None:
                self.stderr.write(f"{label} {done}", ending="\r")

            done = rebuild(declared, progress)
            self.stdout.write(f"{label}：{done} 条。")
