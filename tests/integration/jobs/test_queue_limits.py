"""Limits of queues: how many of their jobs and messages run at once and start in a period, and pauses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis
from celery import current_app
from django.utils import timezone
from kombu.exceptions import OperationalError

from focusjobs.jobs import ledger
from focusjobs.jobs.interventions import queues
from focusjobs.jobs.models import Job
from focusjobs.jobs.worker.publishing import publish
from tests import message_tasks, tasks

from .conftest import LEASE, ended
from .drains import drain, drain_with, states
from .gauges import PERIOD, claim_limited, few_at_once, gauge, numbers, one_at_once, starts_by_window

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pulse", "bells")]

committed = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def fresh_gauge() -> Iterator[None]:
    yield
    gauge.clear()


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
