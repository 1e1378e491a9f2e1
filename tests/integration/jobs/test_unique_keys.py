"""At most one unfinished job of a task has a key."""

from __future__ import annotations

from threading import Barrier
from typing import Any

import pytest
from django.db import transaction

from focusjobs.jobs import EnqueuedJob, interventions, ledger
from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.models import Job
from tests import tasks
from tests.threads import at_once

from .conftest import claim_one, ended

pytestmark = pytest.mark.django_db


def add(*, unique_until: Any = "finished") -> EnqueuedJob:
    return tasks.add.using(unique_key="k", unique_until=unique_until).enqueue(x=1, y=2)


def test_a_second_job_with_the_key_is_the_first_one() -> None:
    first = add()
    assert add() == EnqueuedJob(id=first.id, created=False)
    assert Job.objects.count() == 1


def test_another_task_may_use_the_same_key() -> None:
    add()
    assert tasks.report.using(unique_key="k").enqueue(steps=1).created


@pytest.mark.parametrize("state", [State.COMPLETED, State.FAILED, State.CANCELLED])
def test_a_key_is_free_again_once_its_job_has_ended(state: State) -> None:
    first = add()
    held = claim_one()
    assert not add().created
    ledger.finish([ended(held, state)])
    second = add()
    assert (second.created, second.id != first.id) == (True, True)


def test_a_key_stays_taken_between_two_attempts() -> None:
    first = add()
    ledger.finish([ended(claim_one(), State.DELAYED)])
    assert add() == EnqueuedJob(id=first.id, created=False)


def test_a_key_until_the_start_is_free_once_a_worker_has_the_job() -> None:
    first = add(unique_until="started")
    assert not add(unique_until="started").created
    held = claim_one()
    second = add(unique_until="started")
    assert (held.id, second.created) == (first.id, True)
    ledger.finish([ended(held, State.WAITING)])
    assert sorted(Job.objects.values_list("state", flat=True)) == ["waiting", "waiting"]


def test_many_jobs_with_keys_find_those_that_are_there() -> None:
    (there,) = tasks.add.using(unique_key="{x}").enqueue_many([{"x": 2, "y": 0}])
    answers = tasks.add.using(unique_key="{x}").enqueue_many({"x": x, "y": 0} for x in (1, 2, 3))
    assert [answer.created for answer in answers] == [True, False, True]
    assert answers[1].id == there.id
    assert [Job.objects.get(pk=answer.id).arguments["x"] for answer in answers] == [1, 2, 3]


@pytest.mark.django_db(transaction=True)
def test_of_two_that_enqueue_at_once_both_get_the_same_job() -> None:
    """The second waits for the first one's transaction, and must not be told of a job that it cannot see."""
    written = Barrier(2, timeout=10)

    def first() -> EnqueuedJob:
        with transaction.atomic():
            answer = add()
            written.wait()
        return answer

    def second() -> EnqueuedJob:
        written.wait()
        return add()

    answers = at_once(first, second)
    assert sorted(answer.created for answer in answers) == [False, True]
    assert answers[0].id == answers[1].id
    assert Job.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_where_the_first_is_rolled_back_the_second_is_written() -> None:
    written = Barrier(2, timeout=10)

    def first() -> None:
        with transaction.atomic():
            add()
            written.wait()
            transaction.set_rollback(True)

    def second() -> EnqueuedJob:
        written.wait()
        return add()

    _, answer = at_once(first, second)
    assert answer is not None
    assert answer.created
    assert list(Job.objects.values_list("id", flat=True)) == [answer.id]


# --- Retry by hand ---------------------------------------------------------------------------------------------------


def test_a_retry_is_refused_while_another_job_has_the_key() -> None:
    failed = add()
    ledger.finish([ended(claim_one(), State.FAILED)])
    holder = add()
    assert interventions.retry([failed.id]) == set()
    ledger.finish([ended(claim_one())])
    assert interventions.retry([failed.id, holder.id]) == {failed.id}


def test_of_failed_jobs_with_one_key_the_newest_is_retried() -> None:
    numbers = []
    for _ in range(3):
        numbers.append(add().id)
        ledger.finish([ended(claim_one(), State.FAILED)])
    assert interventions.retry(numbers) == {numbers[-1]}
