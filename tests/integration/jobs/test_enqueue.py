"""Jobs come into the ledger: in the caller's transaction, in order, and with one wake-up after the commit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.db import transaction
from django.utils import timezone

from focusjobs.jobs.errors import NotJSON, UnknownQueue
from focusjobs.jobs.models import Job
from focusjobs.jobs.telling import wakeups
from tests import tasks
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def states() -> list[tuple[str, str]]:
    return list(Job.objects.order_by("id").values_list("task", "state"))


def test_a_job_is_written_with_its_arguments_and_its_tasks_options() -> None:
    user = UserFactory()
    answer = tasks.fail.using(user=user, priority=5).enqueue(message="é")
    job = Job.objects.get(pk=answer.id)
    assert answer.created
    assert (job.task, job.queue, job.arguments, job.state) == ("tests.fail", "default", {"message": "é"}, "waiting")
    assert (job.priority, job.attempt, job.max_attempts, job.tries, job.user) == (5, 0, 3, 3, user)
    assert job.task_id == answer.task_id


def test_a_job_vanishes_with_its_callers_transaction() -> None:
    with transaction.atomic():
        tasks.add.enqueue(x=1, y=2)
        assert states() == [("tests.add", "waiting")]
        transaction.set_rollback(True)
    assert states() == []


@pytest.mark.django_db(transaction=True)
def test_others_see_a_job_only_after_the_commit(elsewhere: Callable[[Callable[[], Any]], Any]) -> None:
    with transaction.atomic():
        tasks.add.enqueue(x=1, y=2)
        assert elsewhere(states) == []
    assert elsewhere(states) == [("tests.add", "waiting")]


# --- Wake-ups --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_wake_up_is_sent_after_the_commit_and_not_before(bells: redis.Redis) -> None:
    with transaction.atomic():
        tasks.add.enqueue(x=1, y=2)
        assert bells.llen("default") == 0
    assert bells.llen("default") == 1
    bells.flushdb()
    with transaction.atomic():
        tasks.add.enqueue(x=1, y=2)
        transaction.set_rollback(True)
    assert bells.keys("*") == []


def test_many_jobs_of_a_transaction_ring_each_queue_once(
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        for number in range(3):
            tasks.add.enqueue(x=number, y=0)
            tasks.add.using(queue="imports").enqueue(x=number, y=0)
            with transaction.atomic():
                tasks.add.enqueue(x=number, y=0)
    assert len(callbacks) == 2


def test_a_wake_up_of_a_savepoint_that_was_rolled_back_does_not_stand_for_a_later_job(
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        with transaction.atomic():
            tasks.add.enqueue(x=1, y=1)
            transaction.set_rollback(True)
        assert callbacks == []
        tasks.add.enqueue(x=2, y=2)
    assert len(callbacks) == 1


def test_one_wake_up_at_a_time_is_under_way(bells: redis.Redis) -> None:
    assert [wakeups.ring("default"), wakeups.ring("default")] == [True, False]
    wakeups.answer("default")
    assert wakeups.ring("default")
    assert bells.llen("default") == 2


def test_a_lost_wake_up_is_sent_again_where_the_list_is_empty(bells: redis.Redis) -> None:
    wakeups.ring("default")
    assert not wakeups.ring("default", lost=True)
    bells.delete("default")
    assert not wakeups.ring("default")
    assert wakeups.ring("default", lost=True)


def test_enqueueing_works_without_the_store_of_wake_ups(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    away = redis.Redis.from_url("unix:///nonexistent/valkey.sock", retry=None)
    monkeypatch.setattr(wakeups, "_ringer", lambda: away.register_script(wakeups.RING))
    with django_capture_on_commit_callbacks(execute=True):
        tasks.add.enqueue(x=1, y=2)
    assert states() == [("tests.add", "waiting")]


# --- Due times -------------------------------------------------------------------------------------------------------


def test_a_job_for_later_is_delayed_and_one_for_the_past_waits() -> None:
    now = timezone.now()
    for run_after in (timedelta(hours=1), now + timedelta(hours=1), now - timedelta(hours=1), timedelta(seconds=-1)):
        tasks.add.using(run_after=run_after).enqueue(x=1, y=2)
    assert [state for _, state in states()] == ["delayed", "delayed", "waiting", "waiting"]
    first = Job.objects.earliest("id")
    assert timedelta(minutes=59) < first.run_at - now < timedelta(minutes=61)


def test_celerys_countdown_is_a_delay() -> None:
    tasks.add.apply_async(kwargs={"x": 1, "y": 2}, countdown=60)
    assert [state for _, state in states()] == ["delayed"]


# --- Many at once ----------------------------------------------------------------------------------------------------


def test_many_jobs_are_written_in_order_by_one_statement(django_assert_num_queries: Callable[..., Any]) -> None:
    with django_assert_num_queries(1):
        answers = tasks.add.enqueue_many({"x": x, "y": 0} for x in range(500))
    numbers = [answer.id for answer in answers]
    assert numbers == sorted(numbers)
    assert [job.arguments["x"] for job in Job.objects.order_by("id")] == list(range(500))
    assert list(Job.objects.order_by("id").values_list("id", flat=True)) == numbers


def test_one_bad_call_among_many_writes_nothing() -> None:
    with pytest.raises(NotJSON):
        tasks.give_back.enqueue_many([{"value": 1}, {"value": {1}}])
    assert states() == []


def test_an_unknown_queue_is_refused_before_anything_is_written() -> None:
    sentence = r"^There is no queue “mail”; JOBS_QUEUES has default, imports, statistics, notifications, operations\.$"
    with pytest.raises(UnknownQueue, match=sentence):
        tasks.add.using(queue="mail").enqueue(x=1, y=2)
    with pytest.raises(UnknownQueue, match=sentence):
        tasks.add.apply_async(kwargs={"x": 1, "y": 2}, queue="mail")
    assert states() == []
