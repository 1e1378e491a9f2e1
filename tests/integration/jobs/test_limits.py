"""Limits: how many jobs of a queue or a key run at once and start in a period, over all workers."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
import redis
from celery import current_app
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from focusjobs.jobs import InvalidJob, Limit, ledger, queues, task, worker
from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.errors import InvalidTask
from focusjobs.jobs.ledger import limiting
from focusjobs.jobs.models import Job
from focusjobs.jobs.models import Limit as LimitRow
from focusjobs.jobs.publishing import publish
from tests import message_tasks, tasks

from .conftest import LEASE, ended
from .drains import at_once, drain, drain_with, states

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pulse", "bells")]

committed = pytest.mark.django_db(transaction=True)
PERIOD = timedelta(seconds=0.3)


class Gauge:
    """Counts how many jobs run at the same time, by key."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.running: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.order: list[str] = []

    def __call__(self, key: str) -> None:
        with self.lock:
            self.order.append(key)
            self.running[key] += 1
            self.most[key] = max(self.most[key], self.running[key])
        threading.Event().wait(0.005)
        with self.lock:
            self.running[key] -= 1


gauge = Gauge()


@pytest.fixture(autouse=True)
def fresh_gauge() -> Iterator[None]:
    yield
    gauge.running.clear()
    gauge.most.clear()
    gauge.order.clear()


@task(limit=Limit(key="few:{key}", at_once=2), name="tests.few_at_once")
def few_at_once(*, key: str) -> None:
    """Run at most two of a key at once."""
    gauge(key)


@task(limit=Limit(key="single:{key}", at_once=1), name="tests.one_at_once", attempts=2)
def one_at_once(*, key: str, fail: bool = False) -> None:
    """Run one of a key at a time."""
    gauge(key)
    if fail:
        raise RuntimeError(key)


@task(limit=Limit(key="rate:{key}", rate=4, period=PERIOD), name="tests.few_in_a_period")
def few_in_a_period(*, key: str = "default") -> None:
    """Start at most four of a key in a period."""


def numbers(answers: list[Any]) -> list[int]:
    return [answer.id for answer in answers]


def starts_by_window(period: timedelta, **which: Any) -> list[int]:
    """Count starts in windows that follow each other, the first of which begins with the first start."""
    starts = sorted(Job.objects.filter(**which).values_list("started_at", flat=True))
    counts: list[int] = []
    end = None
    for start in starts:
        if end is None or start >= end:
            end = start + period
            counts.append(0)
        counts[-1] += 1
    return counts


def claim_limited(limit: int = 100, queue: str = "default", after: str = "") -> list[ledger.Claim]:
    return ledger.claim_limited(queue, limit, "w", LEASE, after)[0]


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
    assert time.monotonic() - began < worker.LONGEST_WAIT


def test_a_changed_declaration_acts_on_what_waits_already(monkeypatch: pytest.MonkeyPatch) -> None:
    one_at_once.enqueue_many({"key": "a"} for _ in range(5))
    assert len(claim_limited()) == 1
    monkeypatch.setattr(one_at_once, "limit", Limit(key="single:{key}", at_once=3))
    one_at_once.enqueue(key="a")
    assert len(claim_limited()) == 2
    monkeypatch.setattr(one_at_once, "limit", Limit(key="single:{key}", at_once=1))
    one_at_once.enqueue(key="a")
    assert claim_limited() == []


# --- Queues ----------------------------------------------------------------------------------------------------------


@committed
def test_no_more_jobs_of_a_queue_run_at_once_than_its_limit() -> None:
    queues.set_limits("default", max_active=2)
    made = tasks.give_back.enqueue_many({"value": number} for number in range(40))
    limited = one_at_once.enqueue_many({"key": f"{number}"} for number in range(10))
    most = []
    run = tasks.give_back.run

    def watched(value: object) -> object:
        most.append(Job.objects.filter(state="active", queue="default").count())
        return run(value=value)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tasks.give_back, "run", watched)
        drain_with(4)
    drain()
    assert set(states(numbers([*made, *limited]))) == {"completed"}
    assert max(most) <= 2


def test_the_limit_of_a_queue_can_be_raised_lowered_and_removed_while_it_runs() -> None:
    tasks.add.enqueue_many({"x": number, "y": 0} for number in range(10))
    queues.set_limits("default", max_active=2)
    assert len(claim_limited()) == 2
    queues.set_limits("default", max_active=3)
    assert len(claim_limited()) == 1
    queues.set_limits("default", max_active=1)
    assert claim_limited() == []
    assert ledger.claim("default", 10, "w", LEASE) == []
    queues.set_limits("default")
    assert len(ledger.claim("default", 10, "w", LEASE)) == 7


@pytest.mark.parametrize("limit", [0, -1, 1.5, float("nan"), "2", 2**31])
def test_a_limit_that_is_no_number_of_jobs_is_refused(limit: Any) -> None:
    with pytest.raises(ValueError, match="pause the queue"):
        queues.set_limits("default", max_active=limit)


@committed
def test_no_more_jobs_of_a_queue_start_in_a_period_than_its_rate() -> None:
    queues.set_limits("default", rate=5, period=PERIOD)
    made = tasks.add.enqueue_many({"x": number, "y": 0} for number in range(12))
    drain_with(3)
    assert set(states(numbers(made))) == {"completed"}
    counts = starts_by_window(PERIOD, queue="default")
    assert (max(counts) <= 5, len(counts) >= 3) == (True, True)


def test_the_rate_of_a_queue_counts_jobs_with_keys_too() -> None:
    queues.set_limits("default", rate=3, period=timedelta(hours=1))
    tasks.add.enqueue_many({"x": number, "y": 0} for number in range(2))
    few_at_once.enqueue_many({"key": key} for key in "abc")
    assert len(claim_limited()) == 3
    assert claim_limited() == []


def test_removing_the_rate_of_a_queue_acts_at_once() -> None:
    queues.set_limits("default", rate=1, period=timedelta(hours=1))
    tasks.add.enqueue_many({"x": number, "y": 0} for number in range(5))
    assert len(claim_limited()) == 1
    queues.set_limits("default")
    drain()
    assert Job.objects.filter(state="completed").count() == 4


def test_priorities_hold_within_a_limited_queue() -> None:
    queues.set_limits("default", max_active=1)
    low, high = (tasks.add.using(priority=priority).enqueue(x=1, y=1) for priority in (5, 1))
    order = []
    for _ in range(2):
        (held,) = claim_limited()
        order.append(held.id)
        ledger.finish([ended(held)])
    assert order == [high.id, low.id]


def test_a_limited_queue_lets_other_queues_run() -> None:
    queues.set_limits("default", max_active=1)
    tasks.add.enqueue_many([{"x": 1, "y": 0}, {"x": 2, "y": 0}])
    other = tasks.add.using(queue="imports").enqueue(x=1, y=1)
    assert len(claim_limited()) == 1
    drain("default", "imports")
    assert states([other.id]) == ["completed"]


def test_nothing_of_a_paused_queue_starts_and_all_of_it_once_it_is_resumed(bells: redis.Redis) -> None:
    queues.pause("default", by="somebody")
    plain = tasks.add.enqueue(x=1, y=2)
    limited = one_at_once.enqueue(key="a")
    drain()
    assert states([plain.id, limited.id]) == ["waiting", "waiting"]
    assert queues.resume("default")
    drain()
    assert states([plain.id, limited.id]) == ["completed", "completed"]


def test_what_runs_when_its_queue_is_paused_ends_as_usual() -> None:
    made = tasks.add.enqueue(x=1, y=2)
    (held,) = ledger.claim("default", 1, "w", LEASE)
    queues.pause("default", by="somebody")
    assert ledger.finish([ended(held)]) == {made.id}


def test_a_delayed_job_of_a_paused_queue_becomes_due_but_does_not_run() -> None:
    made = tasks.add.using(run_after=timedelta(hours=1)).enqueue(x=1, y=2)
    queues.pause("default", by="somebody")
    Job.objects.update(run_at=timezone.now() - timedelta(seconds=1))
    ledger.promote()
    drain()
    assert states([made.id]) == ["waiting"]


def test_a_paused_and_limited_queue_stays_paused() -> None:
    queues.set_limits("default", max_active=5)
    queues.pause("default", by="somebody")
    tasks.add.enqueue(x=1, y=2)
    assert claim_limited() == []
    assert ledger.claim("default", 1, "w", LEASE) == []


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


# --- Messages --------------------------------------------------------------------------------------------------------


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of messages that were sent."""
    ids: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda *args, task_id, **options: ids.append(task_id))
    return ids


def test_messages_count_under_the_limit_of_their_queue_from_when_they_are_sent(sent: list[str]) -> None:
    queues.set_limits("default", max_active=2)
    message_tasks.plus.enqueue_many({"x": 1, "y": number} for number in range(5))
    tasks.add.enqueue(x=1, y=2)
    assert [publish("default"), publish("default"), len(sent)] == [2, 0, 2]
    assert claim_limited() == []
    held = ledger.claim_by_task_id(sent[0], "w", LEASE)
    assert held is not None
    assert publish("default") == 0
    ledger.finish([ended(held)])
    assert publish("default") == 1


def test_messages_count_under_the_rate_of_their_queue(sent: list[str]) -> None:
    queues.set_limits("default", rate=3, period=timedelta(hours=1))
    message_tasks.plus.enqueue_many({"x": 1, "y": number} for number in range(5))
    assert [publish("default"), publish("default")] == [3, 0]
    tasks.add.enqueue(x=1, y=2)
    assert claim_limited() == []


def test_a_paused_queue_sends_no_messages(sent: list[str]) -> None:
    message_tasks.plus.enqueue(1, 2)
    queues.pause("default", by="somebody")
    drain()
    assert (publish("default"), sent) == (0, [])
    queues.resume("default")
    drain()
    assert len(sent) == 1


@committed
def test_a_message_that_cannot_be_sent_leaves_its_job_and_harms_no_other() -> None:
    def away(*args: Any, **options: Any) -> None:
        raise OperationalError("no broker")

    made = [message_tasks.plus.enqueue(1, 2).id, tasks.add.enqueue(x=1, y=2).id, one_at_once.enqueue(key="a").id]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(current_app, "send_task", away)
        drain()
    assert states(made) == ["waiting", "completed", "completed"]
    assert Job.objects.get(pk=made[0]).published_at is None
