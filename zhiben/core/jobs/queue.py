"""The queue is the Job table: who takes which job, for how long, and how often it may fail.

A claim holds for LEASE and is renewed by heartbeats. Every claim has a number, and everything a worker writes about its
job holds only while that number is still the row's: two workers may for a moment believe they run the same job (a
laptop slept, the clock jumped), but only one of them can finish it.
"""

import os
import socket
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q

from .definitions import JOBS
from .models import Job, JobStatus

LEASE = timedelta(seconds=60)
WAITS = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10))
"""Before the second, third … attempt of a job that raised an error."""

GONE = "程序中已没有这项作业，可能已随升级移除。请重新提交，仍不成功请联系系统管理员。"
DIED = (
    "这项作业已连续 {n} 次使后台程序中断（常见原因是文件过大、内存不足），系统不再自动重试。"
    "请检查提交的内容，或联系系统管理员。"
)
BROKE = "处理时出现意外错误，已尝试 {n} 次，系统不再自动重试。请联系系统管理员，并告知作业编号 {job}。"
TRYING_AGAIN = "处理时出现意外错误，系统稍后自动重试"


def claim(now: datetime) -> Job | None:
    """Take the oldest job that is due, or None. Jobs which nobody can do are marked failed on the way."""
    while _candidates(now).exists():  # spares an idle worker the write lock of SQLite
        with transaction.atomic():
            # On SQLite every transaction holds the write lock, so nobody claims at the same time.
            rows = _candidates(now)
            if connection.features.has_select_for_update_skip_locked:
                rows = rows.select_for_update(skip_locked=True)
            job = rows.first()
            if job is None:
                return None
            definition = JOBS.get(job.name)
            if definition is None:
                _fail(job, GONE, now)
            elif job.attempts >= definition.attempts:
                _fail(job, DIED.format(n=job.attempts), now)
            else:
                return _take(job, now)
    return None


def renew(job: Job, now: datetime) -> bool:
    """A heartbeat. False when the job is no longer ours."""
    return _write(job, heartbeat_at=now, lease_until=now + LEASE)


def record_progress(job: Job, now: datetime, **fields: Any) -> bool:
    return _write(job, heartbeat_at=now, lease_until=now + LEASE, **fields)


def finish(job: Job, result: Any, now: datetime) -> bool:
    """False when the job is no longer ours: the caller rolls its effects back."""
    return _write(
        job, status=JobStatus.DONE, result=result, error="", trace="", note="", lease_until=None, finished_at=now
    )


def refuse(job: Job, sentence: str, now: datetime) -> bool:
    """Failed for good, with a sentence for the person who asked."""
    return _write(job, status=JobStatus.FAILED, error=sentence, lease_until=None, finished_at=now)


def try_again(job: Job, trace: str, now: datetime) -> bool:
    """It raised an error: wait and queue anew, or give up after its last attempt."""
    definition = JOBS.get(job.name)
    if definition is None or job.attempts >= definition.attempts:
        sentence = BROKE.format(n=job.attempts, job=job.pk)
        return _write(
            job, status=JobStatus.FAILED, error=sentence, trace=trace, note="", lease_until=None, finished_at=now
        )
    wait = WAITS[min(job.attempts, len(WAITS)) - 1]
    return _write(job, status=JobStatus.QUEUED, note=TRYING_AGAIN, trace=trace, lease_until=None, not_before=now + wait)


def put_back(job: Job) -> bool:
    """Its worker is asked to stop: queue it anew, without counting the attempt."""
    return _write(job, status=JobStatus.QUEUED, attempts=F("attempts") - 1, lease_until=None, not_before=None)


def mend_moments(now: datetime) -> int:
    """
    After the clock was set back, a moment further off than any wait we set would hold a job for ever: shorten it.
    A live worker's next heartbeat does the same for its own lease.
    """
    leases = Job.objects.filter(status=JobStatus.RUNNING, lease_until__gt=now + LEASE)
    waits = Job.objects.filter(status=JobStatus.QUEUED, not_before__gt=now + max(WAITS))
    return leases.update(lease_until=now + LEASE) + waits.update(not_before=now)


def _candidates(now: datetime) -> Any:
    waiting = Q(status=JobStatus.QUEUED) & (Q(not_before=None) | Q(not_before__lte=now))
    abandoned = Q(status=JobStatus.RUNNING, lease_until__lt=now)
    return Job.objects.filter(waiting | abandoned).order_by("created_at", "pk")


def _take(job: Job, now: datetime) -> Job:
    job.status = JobStatus.RUNNING
    job.attempts += 1
    job.claims += 1
    job.started_at = job.started_at or now
    job.heartbeat_at = now
    job.lease_until = now + LEASE
    job.not_before = None
    job.worker = f"{socket.gethostname()}:{os.getpid()}"
    job.save()
    return job


def _fail(job: Job, sentence: str, now: datetime) -> None:
    Job.objects.filter(pk=job.pk).update(
        status=JobStatus.FAILED, error=sentence, note="", lease_until=None, finished_at=now
    )


def _write(job: Job, **fields: Any) -> bool:
    ours = Job.objects.filter(pk=job.pk, claims=job.claims, status=JobStatus.RUNNING)
    return ours.update(**fields) == 1
