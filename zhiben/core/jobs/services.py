"""Asking for jobs, and asking about them."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from zhiben.core.access.acting import Acting, By
from zhiben.core.audit.canonical import plain
from zhiben.core.org.models import Person

from .definitions import JOBS, job
from .models import Job, JobStatus
from .running import JobInterrupted, LostLease, Running

__all__ = ["JobInterrupted", "LostLease", "Running", "enqueue", "job", "jobs_of", "restart", "retry"]


def enqueue(name: str, *, args: dict[str, Any], key: str, by: By, now: datetime, label: str) -> Job:
    """
    Ask for a job, in the caller's transaction: it starts after commit, and a rollback takes it back. Asking again with
    the same key returns the job already asked for, whatever became of it (`retry` starts a failed one anew).
    """
    if name not in JOBS:
        raise KeyError(f"no job is called {name}")
    job, _ = Job.objects.get_or_create(
        key=key,
        defaults={
            "name": name,
            "label": label,
            "args": plain(args),
            "created_at": now,
            **_asked_by(by),
        },
    )
    return job


def _asked_by(by: By) -> dict[str, Any]:
    if not isinstance(by, Acting):
        return {}
    return {
        "owner": by.person,
        "post_id": by.post.pk,
        "behalf_id": by.on_behalf_of.pk if by.on_behalf_of else None,
    }


@transaction.atomic
def retry(*, job: Job, now: datetime) -> Job:
    """Start a failed job anew; one that is not over is left as it is."""
    Job.objects.filter(pk=job.pk, status=JobStatus.FAILED).update(
        status=JobStatus.QUEUED, attempts=0, not_before=None, error="", trace="", finished_at=None, created_at=now
    )
    job.refresh_from_db()
    return job


@transaction.atomic
def restart(*, job: Job, now: datetime) -> Job:
    """Do over a job that is over, whichever way it ended: what it made is gone, or is asked for once more."""
    Job.objects.filter(pk=job.pk, status__in=(JobStatus.DONE, JobStatus.FAILED)).update(
        status=JobStatus.QUEUED,
        attempts=0,
        not_before=None,
        error="",
        trace="",
        result=None,
        finished_at=None,
        created_at=now,
    )
    job.refresh_from_db()
    return job


def jobs_of(person: Person | int) -> QuerySet[Job]:
    return Job.objects.filter(owner=person)
