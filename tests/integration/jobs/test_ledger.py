"""The life of a job in the ledger: claimed in order, held under a lease and a fence, ended once."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from django.db import transaction
from django.utils import timezone
from django_celery_results.models import TaskResult

from focusjobs.jobs import interventions, ledger
from focusjobs.jobs.context import Line
from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.ledger.results import Failure
from focusjobs.jobs.models import Attempt, Job, LogLine
from tests import tasks

from .conftest import LEASE, Claim, claim, claim_one, ended

pytestmark = pytest.mark.django_db

LONG_GONE = timedelta(seconds=-1)
"""A lease that has run out already."""


def add(x: int = 1, **options: Any) -> int:
    return tasks.add.using(**options).enqueue(x=x, y=0).id


def job(number: int) -> Job:
    return Job.objects.get(pk=number)


def lose_lease(held: Claim) -> None:
    """Let the lease run out and another worker's housekeeping find it."""
    Job.objects.filter(pk=held.id).update(leased_until=timezone.now() - timedelta(seconds=1))
    assert ledger.reap() == ["default"]


# --- Claim -----------------------------------------------------------------------------------------------------------


def test_lower_priority_numbers_go_first_and_equal_ones_in_the_order_of_their_coming() -> None:
    low, first, second, high = add(priority=9), add(priority=5), add(priority=5), add(priority=0)
    assert [held.id for held in claim(3)] == [high, first, second]
    assert [held.id for held in claim(3)] == [low]
    assert claim(3) == []


def test_a_claim_takes_only_due_jobs_of_its_queue() -> None:
    add(queue="imports")
    add(run_after=timedelta(hours=1))
    assert claim(10) == []
    assert len(claim(10, queue="imports")) == 1


def test_a_claimed_job_is_active_under_a_lease() -> None:
    number = add()
    before = timezone.now()
    held = claim_one(worker="7@host")
    row = job(number)
    assert (row.state, row.attempt, row.worker, row.fence) == ("active", 1, "7@host", held.fence)
    assert row.leased_until is not None
    assert abs(row.leased_until - before - LEASE) < timedelta(seconds=5)
    assert json.loads(held.arguments) == {"x": 1, "y": 0}


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_claim_at_once_take_different_jobs(elsewhere: Callable[[Callable[[], Any]], Any]) -> None:
    numbers = [add() for _ in range(4)]
    with transaction.atomic():
        mine = claim(2)
        theirs = elsewhere(lambda: claim(10))
    assert [held.id for held in mine] == numbers[:2]
    assert [held.id for held in theirs] == numbers[2:]


# --- Fence -----------------------------------------------------------------------------------------------------------


def test_whoever_lost_the_lease_can_write_nothing() -> None:
    number = add()
    late = claim_one()
    lose_lease(late)
    held = claim_one()
    Attempt.objects.all().delete()

    report = ended(late, value="1", lines=[Line(datetime.now(UTC), "info", "late")])
    assert ledger.finish([report]) == set()
    assert ledger.finish([ended(late, State.FAILED, error="late")]) == set()
    assert ledger.extend([(late, '{"done":1}')], LEASE) == set()
    ledger.release([late])

    row = job(number)
    assert (row.state, row.fence, row.progress, row.error == "late") == ("active", held.fence, None, False)
    assert [model.objects.count() for model in (Attempt, LogLine, TaskResult)] == [0, 0, 0]
    assert ledger.finish([ended(held)]) == {number}


def test_an_attempt_ends_only_once() -> None:
    add()
    held = claim_one()
    assert ledger.finish([ended(held)]) == {held.id}
    assert ledger.finish([ended(held, State.FAILED)]) == set()
    assert job(held.id).state == "completed"


def test_a_released_job_is_as_if_it_had_never_been_taken() -> None:
    number = add()
    ledger.release([claim_one()])
    row = job(number)
    assert (row.state, row.attempt, row.worker, row.leased_until) == ("waiting", 0, "", None)
    assert Attempt.objects.count() == 0
    assert claim_one().attempt == 1


def test_a_prolonged_lease_is_not_reaped_and_brings_its_progress() -> None:
    number = add()
    held = claim_one(lease=LONG_GONE)
    assert ledger.extend([(held, '{"done":1}')], LEASE) == {number}
    assert ledger.extend([(held, None)], LEASE) == {number}
    assert ledger.reap() == []
    assert (job(number).state, job(number).progress) == ("active", {"done": 1})


# --- Finish ----------------------------------------------------------------------------------------------------------


def test_the_end_writes_result_attempt_and_log_and_nothing_of_jobs_that_were_lost() -> None:
    numbers = [add() for _ in range(3)]
    good, bad, lost = claim(3)
    lose_lease(lost)
    Attempt.objects.all().delete()
    lines = [Line(datetime.now(UTC), "info", "hello")]
    failure = Failure("RuntimeError", "builtins", "no")
    kept = ledger.finish(
        [
            ended(good, value="41", progress='{"done":1}', lines=lines),
            ended(bad, State.FAILED, error="RuntimeError: no", failure=failure, traceback="Traceback", lines=lines),
            ended(lost, value="1", lines=lines),
        ]
    )
    assert kept == {good.id, bad.id}
    assert [job(number).state for number in numbers] == ["completed", "failed", "waiting"]
    assert job(good.id).progress == {"done": 1}
    assert job(bad.id).error == "RuntimeError: no"
    assert [(row.job_id, row.attempt, row.line) for row in LogLine.objects.all()] == [
        (good.id, 1, "hello"),
        (bad.id, 1, "hello"),
    ]
    (attempt,) = Attempt.objects.all()
    assert (attempt.job_id, attempt.number, attempt.outcome) == (bad.id, 1, "failed")
    assert (attempt.error, attempt.traceback, attempt.worker) == ("RuntimeError: no", "Traceback", "w")
    results = {row.task_id: (row.status, json.loads(row.result)) for row in TaskResult.objects.all()}
    told = {"exc_type": "RuntimeError", "exc_message": ["no"], "exc_module": "builtins"}
    assert results == {good.task_id: ("SUCCESS", 41), bad.task_id: ("FAILURE", told)}


def test_the_end_is_written_whole_or_not_at_all() -> None:
    number = add()
    held = claim_one()
    unknown_level = Line(datetime.now(UTC), "a level of more than eight characters", "x")
    with pytest.raises(Exception, match="too long"), transaction.atomic():
        ledger.finish([ended(held, value="1", lines=[unknown_level])])
    assert job(number).state == "active"
    assert TaskResult.objects.count() == 0


def test_a_job_that_returned_nothing_has_no_result_row() -> None:
    add()
    ledger.finish([ended(claim_one())])
    assert TaskResult.objects.count() == 0


def test_a_failed_attempt_waits_for_its_backoff_on_the_databases_clock() -> None:
    number = add()
    before = timezone.now()
    ledger.finish([ended(claim_one(), State.DELAYED, outcome="failed", delay=timedelta(minutes=5))])
    row = job(number)
    assert (row.state, row.attempt, row.finished_at) == ("delayed", 1, None)
    assert timedelta(minutes=4) < row.run_at - before < timedelta(minutes=6)
    assert ledger.promote() == []


def test_a_postponed_job_gets_its_attempt_back() -> None:
    number = add()
    ledger.finish([ended(claim_one(), State.DELAYED, outcome="snoozed", refund=1)])
    assert job(number).attempt == 0
    assert ledger.promote() == ["default"]
    assert claim_one().attempt == 1


# --- Due jobs --------------------------------------------------------------------------------------------------------


def test_a_due_job_waits_and_one_that_is_not_due_does_not() -> None:
    due, later = add(run_after=timedelta(hours=1)), add(run_after=timedelta(hours=2))
    Job.objects.filter(pk=due).update(run_at=timezone.now() - timedelta(minutes=1))
    assert ledger.promote() == ["default"]
    assert (job(due).state, job(later).state) == ("waiting", "delayed")


def test_a_claim_tells_of_a_job_that_has_expired() -> None:
    add(expires_at=timezone.now() - timedelta(seconds=1))
    add(expires_at=timezone.now() + timedelta(hours=1))
    assert [held.expired for held in claim(2)] == [True, False]


# --- Stalled jobs ----------------------------------------------------------------------------------------------------


def test_a_stalled_job_comes_back_without_losing_an_attempt() -> None:
    number = add()
    held = claim_one(lease=LONG_GONE, worker="gone")
    assert ledger.reap() == ["default"]
    row = job(number)
    assert (row.state, row.attempt, row.stalls, row.leased_until) == ("waiting", 0, 1, None)
    assert row.error == "The worker vanished in the middle of this job."
    assert row.fence > held.fence
    (attempt,) = Attempt.objects.all()
    assert (attempt.number, attempt.outcome, attempt.worker) == (1, "stalled", "gone")
    assert attempt.started_at is not None
    assert attempt.started_at <= attempt.finished_at


def test_a_job_whose_workers_keep_vanishing_fails_with_a_result() -> None:
    number = add()
    for _ in range(3):
        claim_one(lease=LONG_GONE)
        assert ledger.reap() == ["default"]
    held = claim_one(lease=LONG_GONE)
    assert ledger.reap() == []
    row = job(number)
    sentence = "The worker vanished in the middle of this job, 4 times."
    assert (row.state, row.stalls, row.error) == ("failed", 4, sentence)
    assert row.finished_at is not None
    result = TaskResult.objects.get(task_id=held.task_id)
    assert result.status == "FAILURE"
    assert json.loads(result.result) == {
        "exc_type": "WorkerLostError",
        "exc_message": [sentence],
        "exc_module": "billiard.exceptions",
    }
    assert Attempt.objects.filter(outcome="stalled").count() == 4


def test_a_retry_forgives_the_stalls() -> None:
    number = add()
    for _ in range(4):
        claim_one(lease=LONG_GONE)
        ledger.reap()
    assert interventions.retry([number]) == {number}
    claim_one(lease=LONG_GONE)
    assert ledger.reap() == ["default"]
    assert job(number).stalls == 1


# --- Operators -------------------------------------------------------------------------------------------------------


def test_a_cancelled_job_is_not_run_and_one_that_is_held_is_not_cancelled() -> None:
    active = add()
    held = claim_one()
    waiting, delayed = add(), add(run_after=timedelta(hours=1))
    assert interventions.cancel([active, waiting, delayed, 0], "not wanted") == {waiting, delayed}
    assert claim(10) == []
    assert [job(number).state for number in (active, waiting, delayed)] == ["active", "cancelled", "cancelled"]
    assert job(waiting).error == "not wanted"
    assert ledger.finish([ended(held)]) == {active}


def test_a_retry_gives_all_attempts_again() -> None:
    number = add(attempts=2)
    ledger.finish([ended(claim_one(), State.WAITING, outcome="failed")])
    ledger.finish([ended(claim_one(), State.FAILED)])
    assert interventions.retry([number]) == {number}
    held = claim_one()
    assert (held.attempt, held.max_attempts, held.tries) == (3, 4, 2)
    assert job(number).finished_at is None


def test_only_failed_and_cancelled_jobs_are_retried() -> None:
    completed, active, failed, waiting, cancelled = (add() for _ in range(5))
    interventions.cancel([cancelled], "not wanted")
    first, _, third = claim(3)
    ledger.finish([ended(first), ended(third, State.FAILED)])
    assert interventions.retry([completed, active, failed, waiting, cancelled]) == {failed, cancelled}
    assert interventions.retry([failed, cancelled]) == set()


def test_a_retried_job_that_returns_nothing_leaves_no_stale_failure() -> None:
    number = add()
    failure = Failure("RuntimeError", "builtins", "no")
    ledger.finish([ended(claim_one(), State.FAILED, failure=failure, traceback="Traceback")])
    interventions.retry([number])
    held = claim_one()
    ledger.finish([ended(held)])
    result = TaskResult.objects.get(task_id=held.task_id)
    assert (result.status, json.loads(result.result), result.traceback) == ("SUCCESS", None, None)
    assert tasks.add.AsyncResult(held.task_id).get(timeout=1) is None


@pytest.mark.django_db(transaction=True)
def test_whoever_makes_jobs_due_wakes_a_worker(bells: redis.Redis) -> None:
    number = add()
    bells.flushdb()
    ledger.release([claim_one()])
    assert bells.llen("default") == 1
    bells.flushdb()
    ledger.finish([ended(claim_one(), State.FAILED)])
    interventions.retry([number])
    assert bells.llen("default") == 1
