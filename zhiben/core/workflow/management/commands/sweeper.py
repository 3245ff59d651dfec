from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandParser

from zhiben.core import clock
from zhiben.core.jobs.loop import run_periodically
from zhiben.core.workflow.sweep import periodic, sweep

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "期限巡查：发送到期提醒、逾期提级，生成到期的定期工作（常驻运行；--once 只巡查一遍）"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="只巡查一遍就退出")
        parser.add_argument("--seconds", type=int, default=30, help="两遍之间的间隔秒数")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            self.stdout.write(patrol())
        else:
            run_periodically("sweeper", options["seconds"], patrol)


def patrol() -> str:
    """One round: first what modules do on every round (it may open new deadlines), then the deadlines."""
    now = clock.now()
    for name, work in periodic().items():
        try:
            work(now)
        except Exception:
            # One module's mistake must not keep the others' deadlines from being watched.
            log.exception("periodic_work_failed", work=name)
    swept = sweep(now)
    if swept.deadlines:
        log.info("swept", deadlines=swept.deadlines, reminders=swept.reminders, escalations=swept.escalations)
    return f"巡查期限 {swept.deadlines} 项，发提醒 {swept.reminders} 次，逾期提级 {swept.escalations} 次"
