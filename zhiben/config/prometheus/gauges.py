"""What is looked up when asked: queues, deadlines, certificate, disk, processes. From the database, so that any web
process answers for all, and a worker that died is seen by what it leaves undone."""

import contextlib
import os
import re
import shutil
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Count, Q, QuerySet
from prometheus_client.core import GaugeMetricFamily, Metric

from zhiben.config.backup import state
from zhiben.config.certificates import folder as certificates
from zhiben.config.certificates.services import serves_https
from zhiben.config.health import unapplied_migrations
from zhiben.core import clock
from zhiben.core.events.models import Delivery
from zhiben.core.jobs.models import Job, JobStatus
from zhiben.core.notify.models import Outgoing
from zhiben.core.refusal import Refused
from zhiben.core.workflow.models import OpenDeadline

from . import folders

KEPT = 30.0
"""Seconds for which an answer of the database is used again: a second monitor costs nothing. With a million jobs and
a million events that are over an answer takes a third of a second."""

_asked: list[tuple[float, list[Metric]]] = []
_asking = threading.Lock()


class Gauges:
    """A collector of prometheus_client."""

    def collect(self) -> Iterator[Metric]:
        yield _labelled(
            "zhiben_build",
            "Version of the program, always 1",
            {(version("zhiben"), sys.version.split()[0], connection.vendor): 1},
            ("version", "python", "database"),
        )
        yield GaugeMetricFamily("zhiben_disk_free_bytes", "Free space under the data folder", value=_disk_free())
        if serves_https():
            with contextlib.suppress(Refused):
                left = (certificates.served().ends_at - clock.machine_now()) / timedelta(days=1)
                yield GaugeMetricFamily("zhiben_certificate_days_left", "Until the certificate ends", value=left)
        if last := state.last_backup():
            age = (clock.machine_now() - last.moment).total_seconds()
            yield GaugeMetricFamily("zhiben_backup_age_seconds", "Since the last backup of this machine", value=age)
            yield GaugeMetricFamily("zhiben_backup_bytes", "Its size with all files it names", value=last.bytes)
            yield GaugeMetricFamily(
                "zhiben_backup_lost_files", "Files whose content it could not take", value=last.lost
            )
        yield from _processes()
        yield from _from_database()


def _from_database() -> Iterable[Metric]:
    with _asking:
        if _asked and time.monotonic() - _asked[-1][0] < KEPT:
            return _asked[-1][1]
        try:
            found = list(_records(clock.now()))
            up = 1
        except DatabaseError:
            found, up = [], 0
        found.append(GaugeMetricFamily("zhiben_database_up", "Whether the database answers", value=up))
        _asked[:] = [(time.monotonic(), found)]
        return found


def _records(now: datetime) -> Iterator[Metric]:
    startable = Q(not_before=None) | Q(not_before__lte=now)
    queued = Job.objects.filter(status=JobStatus.QUEUED)
    yield _labelled(
        "zhiben_jobs",
        "Jobs by state; failed: of the last day",
        {
            ("queued",): queued.count(),
            ("running",): Job.objects.filter(status=JobStatus.RUNNING).count(),
            ("failed",): Job.objects.filter(status=JobStatus.FAILED, finished_at__gt=now - timedelta(days=1)).count(),
        },
        ("status",),
    )
    yield _age("zhiben_job_oldest_seconds", "Longest wait of a job", queued.filter(startable), "created_at", now)

    waiting = Delivery.objects.filter(done_at=None, parked_at=None)
    parked = Delivery.objects.filter(done_at=None, parked_at__isnull=False)
    yield _labelled(
        "zhiben_deliveries",
        "Events to be handled; parked: given up until an operator looks",
        {("waiting",): waiting.count(), ("parked",): parked.count()},
        ("state",),
    )
    due = waiting.filter(Q(next_at=None) | Q(next_at__lte=now))
    yield _age("zhiben_delivery_oldest_seconds", "Longest wait of an event", due, "event__at", now)

    passed = OpenDeadline.objects.filter(next_at__lte=now)
    yield GaugeMetricFamily("zhiben_deadlines_due", "Deadlines the sweeper has yet to look at", value=passed.count())
    yield _age("zhiben_deadline_lag_seconds", "How far the sweeper is behind", passed, "next_at", now)

    stages = Outgoing.objects.filter(finished_at=None).order_by().values_list("stage").annotate(Count("pk"))
    yield _labelled(
        "zhiben_outgoing_messages",
        "Messages on their way out of the house",
        {(str(stage),): count for stage, count in stages},
        ("stage",),
    )
    yield GaugeMetricFamily("zhiben_migrations_unapplied", "Upgrades not applied", value=unapplied_migrations())
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT numbackends, current_setting('max_connections')::int FROM pg_stat_database"
                " WHERE datname = current_database()"
            )
            used, most = cursor.fetchone()
        yield GaugeMetricFamily("zhiben_database_connections", "Connections to our database", value=used)
        yield GaugeMetricFamily("zhiben_database_connections_most", "What the server allows to all", value=most)


def _processes() -> Iterator[Metric]:
    counts: dict[tuple[str, ...], float] = {}
    memory: dict[tuple[str, ...], float] = {}
    for command, folder in folders.seen_from_here():
        numbers = {found.group(1) for path in folder.glob("*.db") if (found := re.search(r"_(\d+)\.db\Z", path.name))}
        sizes = [size for number in numbers if (size := _resident(number)) is not None]
        counts[command,] = counts.get((command,), 0) + len(sizes)
        memory[command,] = memory.get((command,), 0) + sum(sizes)
    yield _labelled("zhiben_processes", "Living processes that have counted something", counts, ("command",))
    yield _labelled("zhiben_resident_memory_bytes", "Memory they hold together", memory, ("command",))


def _resident(number: str) -> int | None:
    try:
        return int(Path(f"/proc/{number}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


def _disk_free() -> int:
    data = settings.ZHIBEN_DATA
    return shutil.disk_usage(next(place for place in (data, *data.parents) if place.exists())).free


def _age(name: str, text: str, waiting: QuerySet[Any, Any], field: str, now: datetime) -> Metric:
    """0 where nothing waits."""
    oldest = waiting.order_by(field).values_list(field, flat=True).first()
    return GaugeMetricFamily(name, text, value=max(0.0, (now - oldest).total_seconds()) if oldest else 0.0)


def _labelled(name: str, text: str, values: dict[tuple[str, ...], float], labels: tuple[str, ...]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for words, value in values.items():
        family.add_metric(words, value)
    return family
