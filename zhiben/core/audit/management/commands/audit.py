"""`zhiben audit verify|seal|prove|export|protect`. Exit codes: 0 all well, 1 something was found, 2 it could not be done."""

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from zhiben.core import clock
from zhiben.core.audit import guard
from zhiben.core.audit.export import OfDays, OfRecord, Scope, Whole, export
from zhiben.core.audit.findings import Verification
from zhiben.core.audit.models import Kind
from zhiben.core.audit.proof import prove
from zhiben.core.audit.sealing import SealBusy, SealConflict, seal_day, seal_pending
from zhiben.core.audit.services import append
from zhiben.core.audit.verification import verify


@dataclass(frozen=True)
class Operator:
    """Whoever works at the server; nobody of the organisation is logged in there."""

    name: str = "命令行"


class Command(BaseCommand):
    help = "留痕：verify 验证是否被改动，seal 封存，prove 出具一条记录的证明，export 导出留痕供另行核验，protect 收回数据库角色的改删权限"

    def add_arguments(self, parser: ArgumentParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        verifying = commands.add_parser("verify", help="验证全部留痕；发现问题时退出码为 1")
        verifying.add_argument("--until", type=date.fromisoformat, help="只验证到这一天的封存，如 2026-11-21")
        verifying.add_argument("--key", help="只信任这把密钥（公钥编号，16 位）签名的封存")
        verifying.add_argument("--json", action="store_true", help="以 JSON 输出结果")
        sealing = commands.add_parser("seal", help="封存已经结束、还没有封存的日子")
        sealing.add_argument("--day", type=date.fromisoformat, help="只封存到这一天")
        sealing.add_argument("--take-over", action="store_true", help="原来封存的机器或密钥已不在，由本机接着封存")
        proving = commands.add_parser("prove", help="出具一条记录的证明（JSON）")
        proving.add_argument("record_type", help="记录类别，如 tasks.task")
        proving.add_argument("record_id")
        exporting = commands.add_parser("export", help="导出留痕，供 tools/verify_trail.py 在别的电脑上核验")
        exporting.add_argument("--out", type=Path, required=True, help="写到哪个文件，如 trail.jsonl 或 trail.jsonl.gz")
        exporting.add_argument(
            "--record", nargs=2, metavar=("类别", "编号"), help="只导出一条记录，如 tasks.task 0190…"
        )
        exporting.add_argument("--from", dest="first", type=date.fromisoformat, help="从哪一天起，如 2026-11-01")
        exporting.add_argument("--to", dest="last", type=date.fromisoformat, help="到哪一天止（含）")
        protecting = commands.add_parser("protect", help="只给应用的数据库角色留下查询和追加权限（PostgreSQL）")
        protecting.add_argument("--role", required=True, help="应用连接数据库所用的角色")

    def handle(self, *args: Any, command: str, **options: Any) -> None:
        try:
            getattr(self, f"_{command}")(**options)
        except (ValueError, SealBusy, SealConflict) as error:
            raise CommandError(str(error), returncode=2) from error

    def _verify(self, *, until: date | None, key: str | None, json: bool, **options: Any) -> None:
        result = verify(until=until, key_id=key, progress=None if json else self._show_progress)
        self._print_json(result) if json else self._print(result)
        if not result.ok:
            sys.exit(1)

    def _seal(self, *, day: date | None, take_over: bool, **options: Any) -> None:
        seals = [seal_day(day, clock.now())] if day else seal_pending(clock.now(), take_over=take_over)
        for seal in seals:
            self.stdout.write(f"{seal}，根 {seal.root[:16]}…")
        if not seals:
            self.stdout.write("没有需要封存的日子")

    def _prove(self, *, record_type: str, record_id: str, **options: Any) -> None:
        proof = prove(record_type.lower(), record_id)
        self.stdout.write(json.dumps(asdict(proof) | {"sentence": proof.sentence}, ensure_ascii=False, indent=1))
        if not proof.ok:
            sys.exit(1)

    def _export(
        self, *, out: Path, record: list[str] | None, first: date | None, last: date | None, **options: Any
    ) -> None:
        if record and (first or last):
            raise ValueError("--record 和 --from、--to 只能选一种")
        if first and last and first > last:
            raise ValueError("--from 不能晚于 --to")
        scope: Scope = Whole()
        if record:
            scope = OfRecord(record[0].lower(), record[1])
        elif first or last:
            scope = OfDays(first or date.min, last or date.max.replace(day=30))
        try:
            lines = export(out, scope, clock.now())
        except FileExistsError:
            raise ValueError(f"{out} 已经存在，没有覆盖。请换一个文件名") from None
        except OSError as failure:
            out.unlink(missing_ok=True)
            raise ValueError(f"{out} 写不进去：{failure.strerror}") from failure
        with transaction.atomic():
            append(
                record_type="audit.auditline",
                record_id="export",
                kind=Kind.EXPORT,
                verb="export",
                label="导出留痕",
                by=Operator(),  # type: ignore[arg-type]
                now=clock.now(),
                data={"of": scope.of, "lines": lines, "file": out.name},
            )
        self.stdout.write(f"已导出 {lines} 条留痕到 {out}。核验：python3 verify_trail.py {out}")

    def _protect(self, *, role: str, **options: Any) -> None:
        for statement in guard.protect(connection, role):
            self.stdout.write(f"{statement};")

    def _show_progress(self, lines: int) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r已验证 {lines} 条", ending="")

    def _print(self, result: Verification) -> None:
        for finding in result.findings:
            self.stdout.write(f"✗ {finding.sentence}")
        if result.uncounted:
            self.stdout.write(f"……另有 {result.uncounted} 处未列出")
        for notice in result.notices:
            self.stdout.write(f"· {notice.sentence}")
        counts = f"{result.records} 条记录的 {result.lines} 条留痕，{result.days} 次封存"
        if result.first:
            self.stdout.write(f"验证未通过（{counts}）。最早的问题：{result.first.sentence}")
        else:
            self.stdout.write(f"验证通过：{counts}，均未被改动")

    def _print_json(self, result: Verification) -> None:
        self.stdout.write(json.dumps({"ok": result.ok, **asdict(result)}, ensure_ascii=False, indent=1))
