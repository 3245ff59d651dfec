"""A job is asked for, runs, is watched, fails, is tried again."""

import pytest
from django.db import transaction

from zhiben.core import clock
from zhiben.core.access.acting import Machine
from zhiben.core.jobs import queue
from zhiben.core.jobs.models import Job, JobStatus
from zhiben.core.jobs.running import beat, run, run_pending
from zhiben.core.jobs.services import LostLease, enqueue, jobs_of, retry
from zhiben.core.notify.models import Notification
from zhiben.core.notify.services import tell
from zhiben.core.refusal import Refused

pytestmark = pytest.mark.django_db


def ask(name: str = "read", key: str = "read:1", **args) -> Job:
    return enqueue(name, args=args, key=key, by=Machine("定时任务"), now=clock.now(), label="读取文件")


def test_a_job_runs_with_its_arguments_and_keeps_its_result(watch, declare):
    @declare("read")
    def read(running, *, document):
        running.progress(3, 4, "第 3 页")
        job = Job.objects.get()
        assert (job.status, job.percent, job.note) == (JobStatus.RUNNING, 75, "第 3 页")
        return {"items": document * 2}

    job = ask(document=19)
    assert job.percent is None
    assert run_pending() == 1
    job.refresh_from_db()
    assert (job.status, job.result, job.percent, job.attempts) == (JobStatus.DONE, {"items": 38}, 100, 1)
    assert job.is_over


def test_a_job_acts_for_whoever_asked(watch, declare, cast):
    seen = []
    declare("read")(lambda running: seen.append(running.by))
    job = enqueue("read", args={}, key="k", by=cast.office, now=clock.now(), label="读取文件")
    enqueue("read", args={}, key="m", by=Machine("定时任务"), now=clock.now(), label="每日读取")
    run_pending()
    assert seen[0] == cast.office
    assert str(seen[1]) == "每日读取"
    assert list(jobs_of(cast.office.person)) == [job]


def test_the_same_key_is_the_same_job(watch, declare):
    runs = []
    declare("read")(lambda running: runs.append(1))
    first = ask()
    run_pending()
    assert ask() == first
    run_pending()
    assert runs == [1]


def test_a_job_asked_for_in_a_transaction_that_fails_was_never_asked_for(watch, declare):
    declare("read")(lambda running: None)

    @transaction.atomic
    def upload_and_fail():
        ask()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        upload_and_fail()
    assert not Job.objects.exists()


def test_an_unknown_job_is_refused_at_once(watch):
    with pytest.raises(KeyError):
        ask("nobody knows")


def test_two_jobs_cannot_share_a_name(declare):
    declare("read")(lambda running: None)
    with pytest.raises(ValueError, match="two jobs"):

        @declare("read")
        def other(running):
            pass


def test_a_refusal_is_final_and_its_sentence_is_shown(watch, declare):
    @declare("read")
    def read(running):
        raise Refused("这个文件有密码，请去掉密码后重新上传")

    job = ask()
    run_pending()
    job.refresh_from_db()
    assert (job.status, job.error) == (JobStatus.FAILED, "这个文件有密码，请去掉密码后重新上传")


def test_an_error_is_tried_again_after_a_while_and_given_up_in_the_end(watch, declare):
    @declare("read", attempts=3)
    def read(running):
        raise ZeroDivisionError

    job = ask()
    for attempt in (1, 2, 3):
        assert run_pending() == 1
        assert run_pending() == 0, "it waits before the next attempt"
        job.refresh_from_db()
        assert job.attempts == attempt
        watch.move(minutes=11)
    assert run_pending() == 0
    assert job.status == JobStatus.FAILED
    assert "已尝试 3 次" in job.error
    assert "ZeroDivisionError" in job.trace

    retry(job=job, now=clock.now())
    assert run_pending() == 1


def test_a_job_removed_from_the_program_is_said_to_be_gone(watch, declare):
    declare("read")(lambda running: None)
    job = ask()
    from zhiben.core.jobs.definitions import JOBS

    del JOBS["read"]
    assert run_pending() == 0
    job.refresh_from_db()
    assert (job.status, job.error) == (JobStatus.FAILED, queue.GONE)


def test_a_job_whose_worker_died_is_claimed_anew_after_its_lease(watch, declare):
    declare("read")(lambda running: None)
    ask()
    dead = queue.claim(clock.now())
    assert queue.claim(clock.now()) is None
    watch.move(seconds=61)
    assert queue.claim(clock.now()).claims == dead.claims + 1


def test_a_heartbeat_keeps_the_lease(watch, declare):
    @declare("read")
    def read(running):
        for _ in range(5):
            watch.move(seconds=40)
            beat()
            assert queue.claim(clock.now()) is None

    ask()
    assert run_pending() == 1
    assert Job.objects.get().status == JobStatus.DONE


def test_a_job_that_kills_its_worker_is_not_tried_for_ever(watch, declare):
    declare("read", attempts=2)(lambda running: None)
    job = ask()
    for _ in range(2):
        assert queue.claim(clock.now())
        watch.move(seconds=61)
    assert queue.claim(clock.now()) is None
    job.refresh_from_db()
    assert job.status == JobStatus.FAILED
    assert "已连续 2 次使后台程序中断" in job.error


def test_a_worker_that_lost_its_lease_leaves_nothing_behind(watch, declare, cast):
    """It slept for an hour; another worker has finished the job meanwhile."""

    @declare("read")
    def read(running):
        with running.finishing() as outcome:
            outcome.result = running.job.claims
            running.progress(1, 1, "此时不再记进度")
            tell(people=[cast.office.person.pk], title="已读完", key=f"read:{running.job.claims}", now=running.now)

    ask()
    sleeper = queue.claim(clock.now())
    watch.move(hours=1)
    run(queue.claim(clock.now()))
    run(sleeper)
    job = Job.objects.get()
    assert (job.status, job.result) == (JobStatus.DONE, 2)
    assert [notification.key for notification in Notification.objects.all()] == ["read:2"]


def test_progress_tells_a_worker_that_it_lost_its_lease(watch, declare):
    @declare("read")
    def read(running):
        watch.move(hours=1)
        queue.claim(clock.now())
        with pytest.raises(LostLease):
            running.progress(1, 2)
        raise LostLease

    ask()
    run_pending(limit=1)
    assert Job.objects.get().status == JobStatus.RUNNING


def test_effects_and_the_mark_hold_together_or_not_at_all(watch, declare, cast):
    @declare("read", attempts=1)
    def read(running):
        with running.finishing():
            tell(people=[cast.office.person.pk], title="已读完", key="read", now=running.now)
            raise ZeroDivisionError

    ask()
    run_pending()
    assert Job.objects.get().status == JobStatus.FAILED
    assert not Notification.objects.exists()


def test_a_worker_asked_to_stop_puts_its_job_back(watch, declare, asked_to_stop):
    @declare("read")
    def read(running):
        asked_to_stop()
        running.progress(1, 300)

    job = ask()
    run_pending(limit=1)
    job.refresh_from_db()
    assert (job.status, job.attempts) == (JobStatus.QUEUED, 0)


def test_a_clock_set_back_holds_up_no_job(watch, declare):
    @declare("read")
    def read(running):
        if running.job.attempts == 1:
            raise ZeroDivisionError

    declare("count")(lambda running: None)
    ask()
    ask("count", key="count")
    queue.claim(clock.now())
    run(queue.claim(clock.now()))
    watch.move(days=-365)
    for _ in range(2):
        queue.mend_moments(clock.now())
        run_pending()
        watch.move(seconds=61)
    run_pending()
    assert set(Job.objects.values_list("status", flat=True)) == {JobStatus.DONE}


def test_progress_is_written_twice_a_second_at_most(watch, declare, django_assert_max_num_queries):
    @declare("read")
    def read(running):
        with django_assert_max_num_queries(3):
            for page in range(1000):
                running.progress(page, 1000)

    ask()
    run_pending()
    assert Job.objects.get().status == JobStatus.DONE
