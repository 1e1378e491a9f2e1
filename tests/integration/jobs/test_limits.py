"""Limits of keys: how many of their jobs run at once and start in a period, over all queues and workers."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from focusjobs.jobs import InvalidJob, Limit, ledger, task
from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.errors import InvalidTask
from focusjobs.jobs.ledger import limiting
from focusjobs.jobs.models import Job
from focusjobs.jobs.models import Limit as LimitRow
from focusjobs.jobs.worker import drain as worker
from tests import tasks
from tests.threads import at_once

from .conftest import ended
from .drains import drain, drain_with, states
from .gauges import PERIOD, claim_limited, few_at_once, few_in_a_period, gauge, numbers, one_at_once, starts_by_window

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pulse", "bells")]

committed = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh_gauge() -> Iterator[None]:
    yield
    gauge.clear()


# --- At once, by key -------------------------------------------------------------------------------------------------


@committed
def test_no_more_jobs_of_a_key_run_at_once_than_allowed_over_several_workers() -> None:
    made = few_at_once.enqueue_many({"key": f"{number % 3}"} for number in range(60))
    drain_with(5)
    drain()
    assert set(states(numbers(made))) == {"completed"}
    assert set(gauge.most) == {"0", "1", "2"}
    assert max(gauge.most.values()) <= 2


@committed
def test_a_key_is_limited_over_two_queues() -> None:
    made = [one_at_once.using(queue=queue).enqueue(key="shared") for queue in ("default", "imports") for _ in range(10)]
    at_once(lambda: drain("default", "imports"), lambda: drain("imports", "default"))
    drain("default", "imports")
    assert set(states(numbers(made))) == {"completed"}
    assert gauge.most == {"shared": 1}


def test_a_limit_holds_from_the_very_first_batch() -> None:
    few_at_once.enqueue_many({"key": "a"} for _ in range(10))
    assert len(claim_limited()) == 2
    assert claim_limited() == []


def test_the_end_of_a_job_makes_room_for_the_next() -> None:
    few_at_once.enqueue_many({"key": "a"} for _ in range(3))
    first, _ = claim_limited()
    ledger.finish([ended(first)])
    assert len(claim_limited()) == 1


@pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED, State.DELAYED, State.WAITING_CHILDREN])
def test_whatever_way_a_job_leaves_its_worker_its_slot_is_free(state: State) -> None:
    one_at_once.enqueue_many([{"key": "a"}, {"key": "a"}])
    (held,) = claim_limited()
    ledger.finish([ended(held, state, delay=timedelta(hours=1))])
    assert len(claim_limited()) == 1


def test_a_job_that_waits_for_its_backoff_holds_no_slot() -> None:
    made = one_at_once.enqueue_many([{"key": "a", "fail": True}, {"key": "a"}])
    drain()
    assert states(numbers(made)) == ["delayed", "completed"]


def test_the_slot_of_a_vanished_worker_is_free_after_its_lease() -> None:
    one_at_once.enqueue_many([{"key": "a"}, {"key": "a"}])
    ledger.claim_limited("default", 1, "w", timedelta(seconds=-1))
    assert claim_limited() == []
    ledger.reap()
    assert len(claim_limited()) == 1


def test_a_claim_that_is_given_back_frees_its_slot() -> None:
    one_at_once.enqueue(key="a")
    (held,) = claim_limited()
    ledger.release([held])
    assert claim_limited()[0].id == held.id


def test_jobs_of_a_key_start_by_priority_and_then_by_age() -> None:
    low = one_at_once.using(priority=9).enqueue(key="a")
    first, second = one_at_once.using(priority=5).enqueue(key="a"), one_at_once.using(priority=5).enqueue(key="a")
    order = []
    for _ in range(3):
        (held,) = claim_limited()
        order.append(held.id)
        ledger.finish([ended(held)])
    assert order == [first.id, second.id, low.id]


# --- Fairness --------------------------------------------------------------------------------------------------------


def test_slow_jobs_of_one_key_do_not_starve_those_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that takes one job at a time goes round the keys."""
    monkeypatch.setattr(worker.Pace, "batch_size", lambda *_: 1)
    few_at_once.enqueue_many({"key": key} for key in "aaaaaabbbccc")
    drain()
    assert gauge.order[:6] == ["a", "b", "c", "a", "b", "c"]


def test_many_full_keys_do_not_hide_those_behind_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiting, "KEYS", 2)
    one_at_once.enqueue_many({"key": key} for key in "aabbccdd")
    assert len(claim_limited()) == 2
    assert len(claim_limited()) == 2
    one_at_once.enqueue(key="z")
    drain()
    assert gauge.order == ["z"]


@committed
def test_keys_that_another_worker_is_counting_are_left_to_it(elsewhere: Callable[[Callable[[], Any]], Any]) -> None:
    one_at_once.enqueue_many({"key": key} for key in "ab")
    with transaction.atomic():
        LimitRow.objects.select_for_update().get(key="single:a")
        taken = elsewhere(claim_limited)
    assert [held.limit_key for held in taken] == ["single:b"]


@committed
def test_a_page_of_keys_counts_also_those_that_another_worker_is_counting(
    monkeypatch: pytest.MonkeyPatch, elsewhere: Callable[[Callable[[], Any]], Any]
) -> None:
    """Otherwise contention for the first keys would keep the others from having their turn."""
    monkeypatch.setattr(limiting, "KEYS", 2)
    one_at_once.enqueue_many({"key": key} for key in "abc")
    with transaction.atomic():
        list(LimitRow.objects.select_for_update().filter(key__in=["single:a", "single:b"]))
        taken = elsewhere(claim_limited)
    assert [held.limit_key for held in taken] == ["single:c"]


@committed
def test_jobs_without_a_limit_and_jobs_with_one_both_have_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker.Pace, "batch_size", lambda *_: 1)
    plain = tasks.add.enqueue_many({"x": number, "y": 0} for number in range(20))
    few_at_once.enqueue_many({"key": "a"} for _ in range(3))
    drain()
    finished = dict(Job.objects.values_list("id", "finished_at"))
    last_limited = Job.objects.filter(task=few_at_once.name).latest("finished_at").finished_at
    assert last_limited < max(finished[number] for number in numbers(plain))


# --- Rate, by key ----------------------------------------------------------------------------------------------------


@committed
def test_no_more_jobs_of_a_key_start_in_a_period_than_allowed_over_several_workers() -> None:
    made = few_in_a_period.enqueue_many({"key": "a"} for _ in range(14))
    drain_with(4)
    assert set(states(numbers(made))) == {"completed"}
    counts = starts_by_window(PERIOD, task=few_in_a_period.name)
    assert max(counts) <= 4
    assert len(counts) >= 4
    started = sorted(Job.objects.values_list("started_at", flat=True))
    windows = [started[number] for number in range(0, 14, 4)]
    assert all(later - earlier >= PERIOD for earlier, later in pairwise(windows))


@committed
def test_a_full_period_keeps_jobs_back_and_the_next_one_takes_them() -> None:
    few_in_a_period.enqueue_many({"key": "a"} for _ in range(6))
    assert len(claim_limited()) == 4
    assert claim_limited() == []
    assert 0 < (ledger.seconds_until_room("default") or 0) <= PERIOD.total_seconds()
    LimitRow.objects.update(window_start=timezone.now() - PERIOD)
    assert len(claim_limited()) == 2


@committed
def test_a_job_that_never_ends_does_not_block_the_next_period() -> None:
    few_in_a_period.enqueue_many({"key": "a"} for _ in range(8))
    assert len(claim_limited()) == 4
    LimitRow.objects.update(window_start=timezone.now() - PERIOD)
    assert len(claim_limited()) == 4


def test_each_key_has_periods_of_its_own() -> None:
    few_in_a_period.enqueue_many({"key": key} for key in "aaaaaabb")
    assert Counter(held.limit_key for held in claim_limited()) == {"rate:a": 4, "rate:b": 2}


@committed
def test_being_kept_back_costs_no_attempt_and_is_no_failure() -> None:
    made = few_in_a_period.enqueue_many({"key": "a"} for _ in range(6))
    drain()
    assert set(Job.objects.values_list("state", "attempt", "error")) == {("completed", 1, "")}
    assert len(made) == 6


@committed
def test_delayed_jobs_become_due_also_while_their_key_is_full() -> None:
    few_in_a_period.enqueue_many({"key": "a"} for _ in range(4))
    later = few_in_a_period.using(run_after=timedelta(hours=1)).enqueue(key="a")
    assert len(claim_limited()) == 4
    Job.objects.filter(pk=later.id).update(run_at=timezone.now())
    ledger.promote()
    assert states([later.id]) == ["waiting"]


def test_a_drain_returns_at_once_where_the_next_period_is_far() -> None:
    """So that a worker is shut down quickly during a long limit."""
    few_in_a_period.enqueue_many({"key": "a"} for _ in range(5))
    claim_limited()
    LimitRow.objects.update(period=timedelta(hours=1))
    began = time.monotonic()
    assert worker.drain("default") == 0
    assert time.monotonic() - began < 5


def test_a_changed_declaration_acts_on_what_waits_already(monkeypatch: pytest.MonkeyPatch) -> None:
    one_at_once.enqueue_many({"key": "a"} for _ in range(5))
    assert len(claim_limited()) == 1
    monkeypatch.setattr(one_at_once, "limit", Limit(key="single:{key}", at_once=3))
    one_at_once.enqueue(key="a")
    assert len(claim_limited()) == 2
    monkeypatch.setattr(one_at_once, "limit", Limit(key="single:{key}", at_once=1))
    one_at_once.enqueue(key="a")
    assert claim_limited() == []


# --- Declaration -----------------------------------------------------------------------------------------------------


def test_the_key_of_a_limit_may_name_an_argument_that_has_a_default() -> None:
    few_in_a_period.enqueue()
    few_in_a_period.enqueue_many([{}])
    assert set(Job.objects.values_list("limit_key", flat=True)) == {"rate:default"}


def test_a_limit_whose_key_names_what_is_no_argument_is_refused_with_its_declaration() -> None:
    with pytest.raises(InvalidTask, match=r"“user:{user}” names “user”"):

        @task(limit=Limit(key="user:{user}", at_once=1), name="tests.never")
        def never(*, person: int) -> None: ...


def test_a_key_that_is_too_long_is_refused_as_what_it_is() -> None:
    with pytest.raises(InvalidJob, match="a limit's key is a text of 1 to 200 characters"):
        one_at_once.enqueue(key="x" * 250)
