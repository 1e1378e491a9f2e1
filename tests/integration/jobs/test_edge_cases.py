"""Edge cases that job queues are known to get wrong; `docs/edge-cases.md` says where each of the others is tested."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import redis
from celery import states as celery_states
from django.db import connection
from django.utils import timezone
from django_celery_results.models import TaskResult

from focusjobs.jobs import Cancel, EnqueuedJob, Flow, Limit, Snooze, interventions, ledger, task
from focusjobs.jobs.context import Line
from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.errors import InvalidJob
from focusjobs.jobs.interventions import queues
from focusjobs.jobs.models import Attempt, Job, LogLine
from focusjobs.jobs.worker import drain as worker
from focusjobs.jobs.worker.pulse import Pulse
from tests import message_tasks, tasks
from tests.factories import UserFactory

from .conftest import LEASE, claim, claim_one, ended
from .drains import drain, state, states

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pulse", "bells")]

committed = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)
PAST = timedelta(seconds=-1)


@task(limit=Limit(key="one", at_once=1), name="tests.one_by_one")
def one_by_one() -> None:
    """Run one at a time."""


def add(x: int = 1, **options: Any) -> int:
    return tasks.add.using(**options).enqueue(x=x, y=0).id


def delete(*numbers: int) -> None:
    """Remove jobs behind the ledger's back, as only somebody with SQL can."""
    Job.objects.filter(pk__in=numbers)._raw_delete("default")  # type: ignore[attr-defined]


def make_due(*numbers: int) -> None:
    Job.objects.filter(pk__in=numbers).update(run_at=timezone.now() - HOUR)
    ledger.promote()


def run_instead(monkeypatch: pytest.MonkeyPatch, function: Callable[..., Any]) -> None:
    monkeypatch.setattr(tasks.give_back, "run", lambda value: function())


# --- Claiming and ending ---------------------------------------------------------------------------------------------


def test_a_job_in_work_is_not_started_again_when_another_worker_starts() -> None:
    number = add()
    claim_one()
    drain()
    assert (state(number), Job.objects.get().attempt) == ("active", 1)


@pytest.mark.parametrize("how", list(State))
def test_the_end_of_a_job_that_was_removed_meanwhile_writes_nothing(how: State) -> None:
    add()
    held = claim_one()
    delete(held.id)
    lines = [Line(timezone.now(), "info", "late")]
    assert ledger.finish([ended(held, how, value="1", lines=lines)]) == set()
    assert ledger.extend([(held, "1")], LEASE) == set()
    ledger.release([held])
    assert [model.objects.count() for model in (Job, Attempt, LogLine, TaskResult)] == [0, 0, 0, 0]


@committed
def test_a_job_that_is_removed_while_it_runs_does_not_stop_its_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tasks.give_back.enqueue(value=1).id
    run_instead(monkeypatch, lambda: delete(gone))
    other = add()
    drain()
    assert states([gone, other]) == ["completed"]


def test_a_result_that_holds_itself_fails_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    def circle() -> object:
        value: list[object] = []
        value.append(value)
        return value

    run_instead(monkeypatch, circle)
    number = tasks.give_back.using(attempts=1).enqueue(value=1).id
    drain()
    assert (state(number), Job.objects.get().error) == ("failed", "ValueError: Circular reference detected")


def test_slow_jobs_are_asked_for_no_more_often_than_there_are_jobs_and_once_for_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker.Pace, "batch_size", lambda *_: 1)
    asked: list[int] = []
    monkeypatch.setattr(ledger, "claim", lambda *args: (asked.append(1), original(*args))[1])
    for _ in range(5):
        add()
    worker.drain("default")
    assert len(asked) == 6


original = ledger.claim


# --- Crash and stall -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("policy", "parent"), [("fail", "failed"), ("ignore", "waiting"), ("continue", "waiting")])
def test_a_child_that_stalls_too_often_counts_by_its_policy(policy: Any, parent: str) -> None:
    made = Flow(tasks.add.job(x=1, y=1), [tasks.add.using(on_failure=policy).job(x=2, y=2)]).enqueue()
    for _ in range(4):
        claim_one(lease=PAST)
        ledger.reap()
    assert state(made.id) == parent


@committed
def test_a_slot_is_free_again_when_the_job_that_held_it_is_removed() -> None:
    one_by_one.enqueue_many([{}, {}])
    ((held,), _) = ledger.claim_limited("default", 9, "w", LEASE)
    delete(held.id)
    assert len(ledger.claim_limited("default", 9, "w", LEASE)[0]) == 1


def test_a_lease_that_ran_out_but_was_not_noticed_yet_can_still_be_used() -> None:
    """Only whoever takes the job over ends the right to it."""
    number = add()
    held = claim_one(lease=PAST)
    assert ledger.finish([ended(held)]) == {number}
    assert ledger.reap() == []


def test_the_pulse_forgets_a_job_that_was_removed(pulse: Pulse) -> None:
    add()
    held = claim_one()
    pulse.hold([held])
    pulse.held[held.id].since -= LEASE.total_seconds()
    delete(held.id)
    pulse.beat()
    assert pulse.held == {}


# --- Retry -----------------------------------------------------------------------------------------------------------


def test_a_job_that_is_tried_again_at_once_takes_its_old_place() -> None:
    first, second = tasks.fail_first.enqueue(times=1).id, add()
    ledger.finish([ended(claim_one(), State.WAITING, outcome="failed")])
    assert [held.id for held in claim(2)] == [first, second]


def test_a_job_that_is_retried_while_its_queue_is_paused_runs_after_the_pause() -> None:
    number = add()
    ledger.finish([ended(claim_one(), State.FAILED)])
    queues.pause("default", by="somebody")
    assert interventions.retry([number]) == {number}
    drain()
    assert state(number) == "waiting"
    queues.resume("default")
    drain()
    assert state(number) == "completed"


def test_a_job_whose_backoff_ends_in_a_pause_runs_after_it() -> None:
    number = add(attempts=2)
    ledger.finish([ended(claim_one(), State.DELAYED, outcome="failed", delay=HOUR)])
    queues.pause("default", by="somebody")
    make_due(number)
    drain()
    assert state(number) == "waiting"
    queues.resume("default")
    drain()
    assert state(number) == "completed"


def test_a_retried_job_keeps_its_priority() -> None:
    number = add(priority=7)
    ledger.finish([ended(claim_one(), State.FAILED)])
    interventions.retry([number])
    higher, lower = add(priority=6), add(priority=8)
    assert [held.id for held in claim(3)] == [higher, number, lower]


def test_a_retried_job_among_delayed_ones_runs_at_once() -> None:
    later, number = add(run_after=HOUR), add()
    ledger.finish([ended(claim_one(), State.FAILED)])
    interventions.retry([number])
    drain()
    assert states([later, number]) == ["delayed", "completed"]


@pytest.mark.parametrize("signal", [Snooze(timedelta(0)), Cancel("enough")])
def test_a_job_may_put_itself_off_as_often_as_it_likes_and_still_has_all_its_attempts(
    signal: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[int] = []

    def act() -> None:
        runs.append(1)
        raise Snooze(timedelta(0)) if len(runs) < 20 else signal

    run_instead(monkeypatch, act)
    number = tasks.give_back.using(attempts=1).enqueue(value=1).id
    for _ in range(20):
        drain()
        make_due(number)
    job = Job.objects.get()
    assert len(runs) >= 20
    assert job.state == ("cancelled" if isinstance(signal, Cancel) else "waiting")
    assert Attempt.objects.filter(outcome="snoozed").count() >= 19


# --- Delay, priority, order ------------------------------------------------------------------------------------------


def test_a_short_delay_that_was_set_after_a_long_one_fires_first() -> None:
    long, short = add(run_after=HOUR), add(run_after=timedelta(minutes=1))
    Job.objects.filter(pk=short).update(run_at=timezone.now() - HOUR)
    ledger.promote()
    assert states([long, short]) == ["delayed", "waiting"]


def test_jobs_that_became_due_together_start_in_the_order_of_their_coming() -> None:
    moment = timezone.now() + HOUR
    numbers = [add(run_after=moment) for _ in range(5)]
    make_due(*numbers)
    assert [held.id for held in claim(10)] == numbers


def test_a_job_due_long_ago_is_made_waiting_before_one_due_just_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("focusjobs.jobs.ledger.housekeeping.SWEEP", 1)
    later, earlier = add(run_after=HOUR), add(run_after=HOUR)
    Job.objects.filter(pk=later).update(run_at=timezone.now() - HOUR)
    Job.objects.filter(pk=earlier).update(run_at=timezone.now() - 2 * HOUR)
    ledger.promote()
    assert states([later, earlier]) == ["delayed", "waiting"]


def test_a_delay_of_nothing_and_one_below_nothing_mean_now() -> None:
    assert states([add(run_after=timedelta(0)), add(run_after=PAST)]) == ["waiting", "waiting"]


@pytest.mark.parametrize("run_after", [timedelta(days=40_000), timezone.now() + timedelta(days=40_000)])
def test_a_time_that_is_more_than_a_century_away_is_refused(run_after: Any) -> None:
    with pytest.raises(InvalidJob, match="more than a century away"):
        add(run_after=run_after)
    assert Job.objects.count() == 0


def test_a_job_that_would_put_itself_off_for_ages_fails_and_can_still_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def act() -> None:
        raise Snooze(timedelta(days=3_000_000))

    run_instead(monkeypatch, act)
    number = tasks.give_back.using(attempts=1).enqueue(value=1).id
    drain()
    assert (state(number), Job.objects.get().error[:10]) == ("failed", "ValueError")


def test_a_backoff_of_ages_waits_for_a_century_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    backoff = SimpleNamespace(delay=lambda tries, error, dice: timedelta(days=3_000_000))
    monkeypatch.setattr(tasks.fail, "backoff", backoff)
    number = tasks.fail.enqueue(message="no").id
    drain()
    assert (state(number), Job.objects.get().run_at < timezone.now() + timedelta(days=36_526)) == ("delayed", True)


def test_a_job_that_is_promoted_in_a_paused_queue_waits_for_the_end_of_the_pause() -> None:
    number = add(run_after=HOUR)
    queues.pause("default", by="somebody")
    assert interventions.promote([number]) == {number}
    drain()
    assert state(number) == "waiting"
    queues.resume("default")
    drain()
    assert state(number) == "completed"


def test_a_priority_changed_in_a_paused_queue_holds_after_the_pause() -> None:
    queues.pause("default", by="somebody")
    first, second = add(priority=5), add(priority=5)
    interventions.set_priority([second], 1)
    queues.resume("default")
    assert [held.id for held in claim(2)] == [second, first]


def test_the_largest_priority_is_the_last() -> None:
    last, first = add(priority=2_097_151), add(priority=0)
    assert [held.id for held in claim(2)] == [first, last]


# --- Ids -------------------------------------------------------------------------------------------------------------


def test_numbers_of_jobs_stay_decimal_beyond_hundreds_of_millions() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('jobs_job_id_seq', greatest(nextval('jobs_job_id_seq'), 3 * 10^14)::bigint)")
    made = tasks.add.enqueue(x=1, y=2)
    drain()
    assert made.id > 3 * 10**14
    assert tasks.add.AsyncResult(str(made.id)).get(timeout=1) == 3
    assert tasks.add.AsyncResult(made.task_id).get(timeout=1) == 3


def test_a_call_with_a_celery_id_that_is_taken_is_the_job_that_has_it() -> None:
    """As when a parent in a chain runs twice and calls what follows twice."""
    first = message_tasks.plus.apply_async((1, 2), task_id="chosen")
    second = message_tasks.plus.apply_async((3, 4), task_id="chosen")
    assert (first.id, second.id) == ("chosen", "chosen")
    assert Job.objects.get().arguments == {"x": 1, "y": 2}


# --- Results and reports ---------------------------------------------------------------------------------------------


def test_the_result_of_a_job_is_gone_with_it_and_says_so() -> None:
    made = tasks.add.enqueue(x=1, y=2)
    drain()
    delete(made.id)
    assert tasks.add.AsyncResult(made.task_id).state == celery_states.PENDING


@pytest.mark.parametrize("value", [10**400, 2**63, -(2**63), 0.1, "é" * 100_000])
def test_large_values_go_in_and_come_out_unchanged(value: object) -> None:
    made = tasks.give_back.enqueue(value=value)
    drain()
    assert tasks.add.AsyncResult(made.task_id).get(timeout=1) == value


def test_a_job_goes_with_its_person_and_what_is_left_runs() -> None:
    user = UserFactory()
    theirs, another = add(user=user), add()
    user.delete()
    drain()
    assert not Job.objects.filter(pk=theirs).exists()
    assert states([another]) == ["completed"]


# --- Cancel ----------------------------------------------------------------------------------------------------------


def test_of_many_jobs_that_are_cancelled_at_once_those_that_ended_are_left_alone() -> None:
    numbers = [add() for _ in range(6)]
    first, second, *_ = claim(3)
    ledger.finish([ended(first)])
    assert interventions.cancel([*numbers, 0], "no", active=True) == set(numbers[1:])
    assert interventions.cancel(numbers, "again", active=True) == set()
    assert ledger.finish([ended(second)]) == set()
    assert states(numbers) == ["completed", *["cancelled"] * 5]


def test_a_job_that_is_cancelled_in_its_last_attempt_is_cancelled_and_not_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: EnqueuedJob

    def act() -> None:
        interventions.cancel([made.id], "stop", active=True)
        raise RuntimeError("because of it")

    run_instead(monkeypatch, act)
    made = tasks.give_back.using(attempts=1).enqueue(value=1)
    drain()
    assert (state(made.id), Job.objects.get().error) == ("cancelled", "stop")
    assert [row.outcome for row in Attempt.objects.all()] == ["cancelled"]


# --- Wake-ups --------------------------------------------------------------------------------------------------------


@committed
def test_a_job_that_is_enqueued_while_a_drain_ends_is_rung_for(bells: redis.Redis) -> None:
    add()
    bells.flushdb()
    drain()
    add()
    assert bells.llen("default") == 1
