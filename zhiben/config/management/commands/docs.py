"""`zhiben docs`: writes docs/generated/ from the program; with `--check` says what is out of date."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from zhiben.config.settings import ROOT


class Command(BaseCommand):
    help = "生成 docs/generated/ 下的状态图、权限表和模块图"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="只比较，不写入；有差别时以错误结束")
        parser.add_argument("--folder", type=Path, default=ROOT / "docs" / "generated", help="写到哪里")

    def handle(self, *args: Any, check: bool, folder: Path, **options: Any) -> None:
        from zhiben.config.generated import pages

        made = pages()
        existing = {path.name: path.read_text("utf-8") for path in folder.glob("*.md")}
        different = sorted(name for name in made.keys() | existing.keys() if made.get(name) != existing.get(name))
        if check:
            if different:
                raise CommandError(f"生成的文档与程序不一致：{'、'.join(different)}。请运行 make docs 并提交。")
            return
        folder.mkdir(parents=True, exist_ok=True)
        for name in different:
            if name in made:
                (folder / name).write_text(made[name], "utf-8")
            else:
                (folder / name).unlink()
        self.stdout.write(f"已更新 {len(different)} 页" if different else "文档没有变化")
