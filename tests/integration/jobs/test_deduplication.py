"""Calls that make no job of their own: unique keys, throttle (first call of a period) and debounce (latest call)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from focusjobs.jobs import EnqueuedJob, InvalidJob, Limit, interventions, ledger, task
from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.errors import DuplicateKey
from focusjobs.jobs.interventions.retention import Pruner
from focusjobs.jobs.models import Job, Throttle
from tests import tasks
from tests.threads import at_once

from .conftest import claim, claim_one, ended
from .drains import state

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("bells")]

committed = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


def plain(value: object = 0, **options: Any) -> EnqueuedJob:
    return tasks.give_back.using(unique_key="k", **options).enqueue(value=value)


def throttled(value: object = 0, **options: Any) -> EnqueuedJob:
    return plain(value, unique_for=HOUR, **options)


def debounced(value: object = 0, **options: Any) -> EnqueuedJob:
    return plain(value, debounce=HOUR, **options)


def value_of(job: EnqueuedJob) -> Any:
    return Job.objects.get(pk=job.id).arguments["value"]


def let_window_pass() -> None:
    Throttle.objects.update(until=timezone.now() - HOUR)


def let_debounce_pass() -> None:
    Job.objects.filter(state="delayed").update(run_at=timezone.now() - HOUR)
    ledger.promote()


# --- Until the job has ended or started ------------------------------------------------------------------------------


@pytest.mark.parametrize("until", ["finished", "started"])
def test_while_a_job_waits_or_is_delayed_its_key_makes_no_other(until: Any) -> None:
    first = plain(unique_until=until, run_after=HOUR)
    assert plain(unique_until=until) == EnqueuedJob(first.id, created=False)
    let_debounce_pass()
    assert plain(unique_until=until) == EnqueuedJob(first.id, created=False)


def test_a_cancelled_job_gives_its_key_free_at_once() -> None:
    first = plain()
    interventions.cancel([first.id], "not wanted")
    assert plain().created


def test_the_end_of_an_older_job_does_not_free_the_key_that_a_newer_one_holds() -> None:
    plain(unique_until="started")
    held = claim_one()
    newer = plain(unique_until="started")
    ledger.finish([ended(held)])
    assert plain(unique_until="started") == EnqueuedJob(newer.id, created=False)


def test_a_stalled_job_keeps_its_key() -> None:
    first = plain()
    claim_one(lease=timedelta(seconds=-1))
    ledger.reap()
    assert plain() == EnqueuedJob(first.id, created=False)


@committed
def test_calls_with_one_key_at_once_all_get_one_job() -> None:
    answers = at_once(*[lambda: plain()] * 6)
    assert len({answer.id for answer in answers}) == 1
    assert Counter(answer.created for answer in answers) == {True: 1, False: 5}


@committed
def test_bulk_calls_with_overlapping_keys_at_once_make_one_job_a_key() -> None:
    def some(values: list[int]) -> list[EnqueuedJob]:
        return tasks.give_back.using(unique_key="{value}").enqueue_many({"value": value} for value in values)

    forwards, backwards = at_once(lambda: some(list(range(30))), lambda: some(list(range(10, 40))))
    assert Job.objects.count() == 40
    assert [value_of(answer) for answer in forwards] == list(range(30))
    assert [value_of(answer) for answer in backwards] == list(range(10, 40))


# --- Throttle --------------------------------------------------------------------------------------------------------


def test_only_the_first_call_of_a_period_makes_a_job() -> None:
    first = throttled(1)
    assert (first.created, throttled(2)) == (True, EnqueuedJob(first.id, created=False))
    assert (Job.objects.count(), value_of(first)) == (1, 1)


@pytest.mark.parametrize("how", [State.COMPLETED, State.FAILED, State.CANCELLED])
def test_a_throttle_lasts_on_after_its_job_has_ended(how: State) -> None:
    first = throttled()
    ledger.finish([ended(claim_one(), how)])
    assert throttled() == EnqueuedJob(first.id, created=False)


def test_after_the_period_a_call_makes_a_job_again_also_while_the_first_one_waits_or_runs() -> None:
    first = throttled()
    let_window_pass()
    second = throttled()
    assert (second.created, second.id != first.id) == (True, True)
    assert throttled() == EnqueuedJob(second.id, created=False)


def test_a_dropped_call_does_not_prolong_the_period() -> None:
    throttled()
    before = Throttle.objects.get().until
    throttled()
    assert Throttle.objects.get().until == before


def test_a_throttle_is_of_its_task_and_key_only() -> None:
    throttled()
    assert tasks.give_back.using(unique_key="other", unique_for=HOUR).enqueue(value=1).created
    assert tasks.report.using(unique_key="k", unique_for=HOUR).enqueue(steps=1).created


def test_a_call_that_was_rolled_back_throttles_nothing() -> None:
    with transaction.atomic():
        throttled()
        transaction.set_rollback(True)
    assert throttled().created


def test_many_throttled_calls_answer_in_their_order() -> None:
    call = tasks.give_back.using(unique_key="{value}", unique_for=HOUR)
    (there,) = call.enqueue_many([{"value": 2}])
    answers = call.enqueue_many({"value": value} for value in (1, 2, 3))
    assert [answer.created for answer in answers] == [True, False, True]
    assert answers[1].id == there.id
    assert [value_of(answer) for answer in answers] == [1, 2, 3]
    assert [answer.created for answer in call.enqueue_many({"value": value} for value in (3, 2, 1))] == [False] * 3


@committed
def test_throttled_calls_at_once_make_one_job() -> None:
    answers = at_once(*[lambda: throttled()] * 6)
    assert len({answer.id for answer in answers}) == 1
    assert Counter(answer.created for answer in answers) == {True: 1, False: 5}
    assert Job.objects.count() == 1


@committed
def test_a_throttle_that_waited_for_a_rolled_back_call_lets_the_next_one_through(
    elsewhere: Callable[[Callable[[], Any]], Any],
) -> None:
    with transaction.atomic():
        throttled(1)
        transaction.set_rollback(True)
    assert elsewhere(lambda: throttled(2)).created


# --- Debounce --------------------------------------------------------------------------------------------------------


def test_the_latest_call_wins_and_puts_the_job_off() -> None:
    first = debounced(1)
    Job.objects.update(run_at=timezone.now() + timedelta(minutes=1))
    assert debounced(2) == EnqueuedJob(first.id, created=False)
    job = Job.objects.get()
    assert (job.state, job.arguments) == ("delayed", {"value": 2})
    assert job.run_at - timezone.now() > timedelta(minutes=59)


def test_a_job_that_is_due_but_not_started_is_put_off_again() -> None:
    first = debounced(1)
    let_debounce_pass()
    assert state(first.id) == "waiting"
    assert not debounced(2).created
    assert (state(first.id), claim(), value_of(first)) == ("delayed", [], 2)


def test_a_job_that_runs_is_not_touched_and_the_next_call_has_a_job_of_its_own() -> None:
    first = debounced(1)
    let_debounce_pass()
    held = claim_one()
    second, third = debounced(2), debounced(3)
    assert (second.created, third) == (True, EnqueuedJob(second.id, created=False))
    assert (value_of(first), value_of(second)) == (1, 3)
    ledger.finish([ended(held)])
    assert (state(first.id), state(second.id)) == ("completed", "delayed")


def test_a_call_after_the_end_makes_a_new_job() -> None:
    debounced(1)
    let_debounce_pass()
    ledger.finish([ended(claim_one())])
    assert debounced(2).created


def test_an_attempt_that_failed_while_newer_arguments_wait_does_not_take_their_place() -> None:
    first = debounced(1)
    let_debounce_pass()
    held = claim_one()
    second = debounced(2)
    ledger.finish([ended(held, State.DELAYED, outcome="failed", delay=HOUR)])
    assert (value_of(first), value_of(second)) == (1, 2)
    assert debounced(3) == EnqueuedJob(second.id, created=False)


def test_many_debounced_calls_replace_those_that_wait() -> None:
    call = tasks.fail.using(unique_key="same", debounce=HOUR)
    first = call.enqueue(message="old")
    (second,) = call.enqueue_many([{"message": "new"}])
    assert second == EnqueuedJob(first.id, created=False)
    assert Job.objects.get().arguments == {"message": "new"}
    with pytest.raises(DuplicateKey):
        call.enqueue_many([{"message": "a"}, {"message": "b"}])


@committed
def test_debounced_calls_at_once_leave_one_job_with_the_arguments_of_one_of_them() -> None:
    answers = at_once(*[lambda value=value: debounced(value) for value in range(6)])  # type: ignore[misc]
    assert len({answer.id for answer in answers}) == 1
    assert Counter(answer.created for answer in answers) == {True: 1, False: 5}
    assert Job.objects.get().arguments["value"] in range(6)


@task(limit=Limit(key="of:{value}", at_once=1), name="tests.limited_value")
def limited_value(*, value: int) -> None:
    """Run under a limit that an argument names."""


def test_a_replaced_call_counts_under_the_limit_of_its_new_arguments() -> None:
    call = limited_value.using(unique_key="k", debounce=HOUR)
    call.enqueue(value=1)
    call.enqueue(value=2)
    assert Job.objects.get().limit_key == "of:2"


# --- Refused ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {"unique_for": HOUR},
        {"debounce": HOUR},
        {"unique_key": "k", "unique_for": HOUR, "debounce": HOUR},
        {"unique_key": "k", "debounce": HOUR, "run_after": HOUR},
        {"unique_key": "k", "unique_for": timedelta(0)},
        {"unique_key": "k", "debounce": timedelta(seconds=-1)},
        {"unique_key": "k", "unique_until": "later"},
    ],
)
def test_options_that_clash_or_mean_nothing_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidJob):
        tasks.give_back.using(**options).enqueue(value=1)
    assert Job.objects.count() == 0


def test_throttles_that_are_over_are_forgotten_and_others_are_not() -> None:
    for key, window in (("short", timedelta(seconds=1)), ("long", timedelta(hours=1))):
        tasks.add.using(unique_key=key, unique_for=window).enqueue(x=1, y=2)
    Throttle.objects.filter(key="short").update(until=timezone.now() - timedelta(seconds=1))
    Pruner()()
    assert list(Throttle.objects.values_list("key", flat=True)) == ["long"]
