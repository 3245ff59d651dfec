"""`zhiben doctor`: is this installation sound? Exit codes: 0 yes, perhaps with remarks; 1 something must be mended."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import structlog
from django.core.management.base import BaseCommand

from zhiben.config.doctor import machine, services
from zhiben.config.doctor.finding import Finding, Question, bad

log = structlog.get_logger(__name__)

QUESTIONS: tuple[Question, ...] = (
    machine.python,
    machine.data_folder,
    machine.memory,
    machine.time_of_day,
    machine.front_end,
    machine.programs,
    machine.fonts,
    services.configuration,
    services.database,
    services.certificate,
    services.backup,
    services.mail,
    services.ports,
    services.processes,
)
MARKS = {"ok": "✓", "warn": "!", "bad": "✗"}


class Command(BaseCommand):
    help = "安装检查：逐项说明好坏和处理办法；有必须处理的问题时退出码为 1"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="以 JSON 输出，供监控程序读取")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = list(examine())
        if options["json"]:
            is_ok = all(finding.state != "bad" for finding in findings)
            shown = {"ok": is_ok, "findings": [asdict(finding) for finding in findings]}
            self.stdout.write(json.dumps(shown, ensure_ascii=False, indent=1))
        else:
            self.show(findings)
        if any(finding.state == "bad" for finding in findings):
            sys.exit(1)

    def show(self, findings: list[Finding]) -> None:
        for finding in findings:
            self.stdout.write(f"{MARKS[finding.state]} {finding.subject}：{finding.said}")
            if finding.to_do:
                self.stdout.write(f"    → {finding.to_do}")
        count = {state: sum(finding.state == state for finding in findings) for state in MARKS}
        self.stdout.write(
            f"\n共 {len(findings)} 项：正常 {count['ok']}，提醒 {count['warn']}，必须处理 {count['bad']}。"
        )


def examine() -> Iterator[Finding]:
    """All questions are asked, whatever one of them meets."""
    for question in QUESTIONS:
        try:
            yield from question()
        except Exception as problem:
            log.exception("doctor")
            yield bad(question.__name__, f"检查本身出错：{problem}", "请把上面的输出交给技术支持")
