"""`zhiben worker`: runs jobs, delivers events, seals the trail, until asked to stop."""

import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from zhiben.core.jobs import queue, running
from zhiben.core.jobs.consumer import JobConsumer
from zhiben.core.jobs.loop import CHORES, run_periodically, stop_on_signals, stopping

_GRACE = 10
"""Seconds given to running jobs after the request to stop; what is not finished then runs again elsewhere."""


class Command(BaseCommand):
    help = "运行后台作业、投递事件、封存留痕。按 Ctrl-C 停止，未做完的作业会在下次启动后继续"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workers", type=int, default=2, help="同时运行几项作业，默认 2")
        parser.add_argument("--once", action="store_true", help="做完目前到期的事就退出")

    def handle(self, *args: Any, workers: int, once: bool, **options: Any) -> None:
        if once:
            self._once()
            return
        consumer = JobConsumer(workers=workers, shutdown_timeout=_GRACE)
        consumer.start()
        stop_on_signals()
        beat = (running.beat.__name__, queue.LEASE.total_seconds() / 4, running.beat)
        chores = [beat, *((chore.name, chore.seconds, chore.function) for chore in CHORES.values())]
        threads = [
            threading.Thread(target=run_periodically, args=chore, name=chore[0], daemon=True) for chore in chores
        ]
        for thread in threads:
            thread.start()
        self.stdout.write(f"后台程序已启动：{workers} 个作业线程，{len(CHORES)} 项例行工作")
        while not stopping.wait(10):
            consumer.check_worker_health()
        self.stdout.write("正在停止，请稍候……")
        consumer.stop(graceful=True)
        for thread in threads:
            thread.join(timeout=_GRACE)

    def _once(self) -> None:
        count = running.run_pending()
        chores = [chore for chore in CHORES.values() if not chore.for_a_while]
        for chore in chores:
            chore.function()
        self.stdout.write(f"已运行 {count} 项作业，{len(chores)} 项例行工作")
