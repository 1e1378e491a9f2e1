"""A drain: claims, runs and ends jobs, and says for each how it ended."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import redis
from celery import states
from celery.exceptions import Retry, TaskRevokedError
from celery.result import AsyncResult
from django.contrib.auth.models import Group
from django.utils import timezone
from django_celery_results.models import TaskResult

from focusjobs.jobs import Cancel, interventions, ledger
from focusjobs.jobs.models import Attempt, Job, LogLine
from focusjobs.jobs.worker import drain as worker
from focusjobs.jobs.worker.outcome import MAX_ERROR
from focusjobs.jobs.worker.pulse import Pulse
from tests import tasks

from .conftest import claim_one
from .rows import made_groups

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pulse", "bells")]


def run(enqueued: Any) -> Job:
    """Run the queue until nothing is due and give the job."""
    while worker.drain("default"):
        pass
    return Job.objects.get(pk=enqueued.id)


def result(job: Job) -> AsyncResult[Any]:
    return tasks.add.AsyncResult(job.task_id)


def make(monkeypatch: pytest.MonkeyPatch, function: Callable[..., Any]) -> None:
    """Let `tests.give_back` do something else in this test."""
    monkeypatch.setattr(tasks.give_back, "run", function)


# --- Outcomes --------------------------------------------------------------------------------------------------------


def test_a_job_that_returns_is_completed_with_its_result() -> None:
    job = run(tasks.add.enqueue(x=40, y=2))
    assert (job.state, job.attempt, job.error, job.leased_until) == ("completed", 1, "", None)
    assert result(job).get(timeout=1) == 42
    assert Attempt.objects.count() == 0


@pytest.mark.parametrize("value", [0, "", [], {}, False, [1, None, "é"], {"a": {"b": 0.1}}, "\0", "\udc80", 2**70])
def test_what_a_task_returns_comes_back_as_it_was(value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    make(monkeypatch, lambda value: values["it"])
    values = {"it": value}
    job = run(tasks.give_back.enqueue(value=None))
    assert job.state == "completed"
    assert result(job).get(timeout=1) == value


def test_nothing_comes_back_as_none_and_has_no_row() -> None:
    job = run(tasks.give_back.enqueue(value=None))
    assert (result(job).state, result(job).get(timeout=1)) == (states.SUCCESS, None)
    assert TaskResult.objects.count() == 0


@pytest.mark.parametrize("value", [{1}, float("nan"), object()])
def test_what_json_cannot_hold_fails_the_job(value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    make(monkeypatch, lambda value: values["it"])
    values = {"it": value}
    job = run(tasks.give_back.using(attempts=1).enqueue(value=None))
    assert job.state == "failed"
    assert job.error.startswith(("TypeError: Object of type", "ValueError: Out of range float"))


def test_a_job_fails_after_exactly_its_attempts_and_keeps_each_traceback() -> None:
    job = run(tasks.fail.enqueue(message="no\nsecond line"))
    assert (job.state, job.attempt, job.error) == ("failed", 3, "RuntimeError: no")
    attempts = list(Attempt.objects.filter(job=job))
    assert [(row.number, row.outcome, row.error) for row in attempts] == [
        (number, "failed", "RuntimeError: no") for number in (1, 2, 3)
    ]
    assert all(row.traceback.endswith("RuntimeError: no\nsecond line\n") for row in attempts)
    with pytest.raises(RuntimeError, match="no\nsecond line"):
        result(job).get(timeout=1)
    assert (result(job).state, "Traceback" in str(result(job).traceback)) == (states.FAILURE, True)


def test_a_job_that_fails_at_first_completes_in_a_later_attempt() -> None:
    job = run(tasks.fail_first.enqueue(times=2))
    assert (job.state, job.attempt, result(job).get(timeout=1)) == ("completed", 3, 3)


def test_a_failed_job_waits_as_long_as_its_backoff_says(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = SimpleNamespace(delay=lambda tries, error, dice: timedelta(hours=tries))
    monkeypatch.setattr(tasks.fail, "backoff", waits)
    enqueued = tasks.fail.enqueue(message="no")
    for hours in (1, 2):
        job = run(enqueued)
        assert job.state == "delayed"
        assert timedelta(hours=hours) - (job.run_at - timezone.now()) < timedelta(minutes=1)
        Job.objects.update(run_at=timezone.now() - timedelta(minutes=1))
        ledger.promote()
    assert run(enqueued).state == "failed"


def test_a_backoff_may_give_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.fail, "backoff", SimpleNamespace(delay=lambda tries, error, dice: None))
    assert run(tasks.fail.enqueue(message="no")).attempt == 1


def test_an_error_that_no_attempt_can_mend_fails_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.fail, "give_up_on", (ArithmeticError, RuntimeError))
    job = run(tasks.fail.enqueue(message="no"))
    assert (job.state, job.attempt) == ("failed", 1)


def test_a_task_may_cancel_its_job() -> None:
    job = run(tasks.steer.enqueue(how="cancel"))
    assert (job.state, job.error, job.attempt) == ("cancelled", "no longer wanted", 1)
    assert [row.outcome for row in Attempt.objects.all()] == ["cancelled"]


def test_a_task_may_put_its_job_off_without_losing_an_attempt() -> None:
    job = run(tasks.steer.enqueue(how="snooze"))
    assert (job.state, job.error, job.attempt) == ("delayed", "put off for 1:00:00", 0)
    assert timedelta(minutes=59) < job.run_at - timezone.now() <= timedelta(hours=1)


def test_an_expired_job_is_not_started() -> None:
    job = run(tasks.make_group.using(expires_at=timezone.now() - timedelta(seconds=1)).enqueue(name="late"))
    assert (job.state, job.error) == ("cancelled", "Not started before it expired.")
    assert made_groups() == []


def test_a_task_that_this_worker_does_not_know_is_left_for_another() -> None:
    enqueued = tasks.add.using(attempts=2).enqueue(x=1, y=2)
    Job.objects.update(task="tests.gone")
    job = run(enqueued)
    assert (job.state, job.error) == ("delayed", "UnknownTask: There is no task “tests.gone” here.")
    Job.objects.update(state="waiting")
    assert run(enqueued).state == "failed"


# --- Errors that are hard to keep ------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", ["a\0b", "caf\udce9", "x" * 5_000])
def test_an_error_that_postgresql_cannot_keep_does_not_hold_others_back(
    trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(value: str) -> None:
        raise RuntimeError(trouble) if value == "fail" else Cancel(trouble)

    make(monkeypatch, fail)
    failed, cancelled = tasks.give_back.using(attempts=1).enqueue_many([{"value": "fail"}, {"value": "cancel"}])
    good = tasks.add.enqueue(x=1, y=2)
    assert [run(job).state for job in (good, failed, cancelled)] == ["completed", "failed", "cancelled"]
    assert 0 < len(run(failed).error) <= MAX_ERROR


def test_an_error_without_a_printable_message_is_told_by_its_class(monkeypatch: pytest.MonkeyPatch) -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise ValueError

    def fail(value: object) -> None:
        raise Mute

    make(monkeypatch, fail)
    job = run(tasks.give_back.using(attempts=1).enqueue(value=1))
    assert (job.state, job.error) == ("failed", "Mute: its message could not be made")


def test_a_process_that_ends_in_the_middle_of_a_job_holds_it_no_longer(
    monkeypatch: pytest.MonkeyPatch, pulse: Pulse
) -> None:
    def leave(value: object) -> None:
        raise SystemExit

    make(monkeypatch, leave)
    tasks.give_back.enqueue(value=1)
    with pytest.raises(SystemExit):
        worker.drain("default")
    assert pulse.held == {}


def test_a_process_that_ends_in_a_group_of_jobs_has_begun_them_all(
    monkeypatch: pytest.MonkeyPatch, pulse: Pulse
) -> None:
    """Given back as if untouched, they would end one process after another and never reach the limit of stalls."""

    def leave(name: str) -> None:
        raise SystemExit

    monkeypatch.setattr(worker.Pace, "batch_size", lambda *_: 10)
    monkeypatch.setattr(tasks.make_group, "run", leave)
    tasks.add.enqueue(x=1, y=2)
    tasks.make_group.enqueue_many({"name": str(number)} for number in range(3))
    with pytest.raises(SystemExit):
        worker.drain("default")
    assert list(Job.objects.filter(task="tests.make_group").values_list("state", flat=True)) == ["active"] * 3
    assert pulse.held == {}


def test_a_job_whose_worker_vanished_is_run_apart_from_others(monkeypatch: pytest.MonkeyPatch) -> None:
    batches: list[list[int]] = []
    work_off = worker.Drain._work_off

    def watch(drain: worker.Drain, batch: list[ledger.Claim], deadline: float) -> int:
        batches.append([json.loads(held.arguments)["x"] for held in batch])
        return work_off(drain, batch, deadline)

    monkeypatch.setattr(worker.Drain, "_work_off", watch)
    monkeypatch.setattr(worker.Pace, "batch_size", lambda *_: 10)
    jobs = tasks.add.enqueue_many({"x": x, "y": 0} for x in range(8))
    Job.objects.filter(pk__in=[jobs[3].id, jobs[4].id]).update(stalls=1)
    assert worker.drain("default") == 8
    assert batches == [[0], [1, 2], [3], [4], [5, 6, 7]]
    assert set(Job.objects.values_list("state", "attempt")) == {("completed", 1)}


# --- Atomic tasks ----------------------------------------------------------------------------------------------------


def test_an_atomic_task_and_its_completion_are_one() -> None:
    job = run(tasks.make_group.enqueue(name="g"))
    assert (job.state, made_groups()) == ("completed", ["g"])


def test_what_a_failed_atomic_task_did_is_rolled_back() -> None:
    job = run(tasks.make_group.enqueue(name="g", fail=True))
    assert (job.state, job.attempt, made_groups()) == ("failed", 2, [])
    assert [row.outcome for row in Attempt.objects.all()] == ["failed", "failed"]


def test_what_an_atomic_task_did_without_its_lease_is_rolled_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(name: str) -> None:
        Group.objects.create(name=name)
        Job.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
        ledger.reap()

    monkeypatch.setattr(tasks.make_group, "run", slow)
    enqueued = tasks.make_group.enqueue(name="g")
    held = claim_one()
    assert worker.run(held, worker.pulse_of_process()) is None
    job = Job.objects.get(pk=enqueued.id)
    assert (job.state, job.attempt, made_groups()) == ("active", 1, [])
    assert TaskResult.objects.count() == 0


# --- Reports ---------------------------------------------------------------------------------------------------------


def test_progress_and_log_lines_are_kept() -> None:
    job = run(tasks.report.enqueue(steps=3))
    assert job.progress == {"done": 3, "total": 3, "note": "counting"}
    lines = [(row.attempt, row.level, row.line) for row in LogLine.objects.filter(job=job)]
    assert lines == [(1, "info", "step 1"), (1, "info", "step 2"), (1, "info", "step 3")]


def test_a_running_job_shows_its_progress_and_keeps_its_lease(monkeypatch: pytest.MonkeyPatch, pulse: Pulse) -> None:
    seen = {}

    def watched(value: object) -> None:
        tasks.current_job().progress(1, 2)
        tasks.current_job().log("half")
        pulse.beat()
        job = Job.objects.get()
        seen["progress"], seen["lines"], seen["held"] = job.progress, LogLine.objects.count(), set(pulse.held)

    make(monkeypatch, watched)
    job = run(tasks.give_back.enqueue(value=1))
    assert seen == {"progress": {"done": 1, "total": 2}, "lines": 1, "held": {job.id}}
    assert (job.progress, LogLine.objects.count(), pulse.held) == ({"done": 1, "total": 2}, 1, {})


def test_a_failed_attempt_keeps_what_it_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(value: object) -> None:
        tasks.current_job().log("before")
        raise RuntimeError

    make(monkeypatch, fail)
    job = run(tasks.give_back.using(attempts=1).enqueue(value=1))
    assert (job.error, [row.line for row in LogLine.objects.all()]) == ("RuntimeError", ["before"])


# --- AsyncResult -----------------------------------------------------------------------------------------------------


def test_celery_knows_every_job_in_every_state() -> None:
    waiting = tasks.add.delay(x=1, y=2)
    delayed = tasks.add.apply_async(kwargs={"x": 1, "y": 2}, countdown=60)
    assert (waiting.state, delayed.state) == (states.PENDING, states.PENDING)
    claim_one()
    assert waiting.state == states.STARTED
    Job.objects.filter(state="delayed").update(state="waiting")
    number = Job.objects.get(state="waiting").id
    interventions.cancel([number], "not wanted")
    assert delayed.state == states.REVOKED
    with pytest.raises(TaskRevokedError, match="not wanted"):
        delayed.get(timeout=1)


def test_celery_finds_a_job_by_its_number_too_and_an_unknown_one_is_pending() -> None:
    job = run(tasks.add.enqueue(x=1, y=2))
    assert tasks.add.AsyncResult(str(job.id)).get(timeout=1) == 3
    assert tasks.add.AsyncResult(str(job.id + 1)).state == states.PENDING


def test_a_result_of_another_packages_task_is_read_as_ever() -> None:
    TaskResult.objects.create(
        task_id="foreign", status="SUCCESS", result=json.dumps(5), content_type="application/json"
    )
    assert tasks.add.AsyncResult("foreign").get(timeout=1) == 5


# --- Batches ---------------------------------------------------------------------------------------------------------


def test_quick_jobs_are_claimed_in_growing_batches(django_assert_max_num_queries: Callable[..., Any]) -> None:
    tasks.add.enqueue_many({"x": x, "y": 0} for x in range(200))
    with django_assert_max_num_queries(100):
        assert worker.drain("default") == 200
    assert set(Job.objects.values_list("state", flat=True)) == {"completed"}


def test_a_slow_job_gives_the_rest_of_its_batch_to_others(monkeypatch: pytest.MonkeyPatch, pulse: Pulse) -> None:
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(worker, "time", SimpleNamespace(monotonic=lambda: clock.now))
    monkeypatch.setattr(worker.Pace, "batch_size", lambda *_: 10)

    def slow(value: float) -> None:
        clock.now += value

    make(monkeypatch, slow)
    tasks.give_back.enqueue_many([{"value": 0}, {"value": 60}, {"value": 60}, {"value": 60}])
    assert worker.drain("default") == 2
    assert list(Job.objects.order_by("id").values_list("state", "attempt")) == [
        ("completed", 1),
        ("completed", 1),
        ("waiting", 0),
        ("waiting", 0),
    ]
    assert pulse.held == {}


def test_a_drain_that_is_out_of_time_rings_for_the_next(monkeypatch: pytest.MonkeyPatch, bells: redis.Redis) -> None:
    monkeypatch.setattr(worker, "BUDGET", 0)
    tasks.add.enqueue(x=1, y=2)
    assert worker.drain("default") == 0
    assert bells.llen("default") == 1


def test_celerys_retry_is_an_attempt_like_any_other_and_so_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask_again(value: object) -> None:
        raise Retry(when=0)

    make(monkeypatch, ask_again)
    job = run(tasks.give_back.using(attempts=2).enqueue(value=1))
    assert (job.state, job.attempt) == ("failed", 2)
    assert list(job.attempts.values_list("outcome", flat=True)) == ["retried", "failed"]


def test_a_result_is_found_by_the_jobs_number_as_well() -> None:
    made = tasks.add.enqueue(x=40, y=2)
    run(made)
    assert AsyncResult(made.id).get(timeout=1) == AsyncResult(made.task_id).get(timeout=1) == 42
