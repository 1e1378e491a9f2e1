"""Processes that die while a person's pushes are being merged: everything is merged, and once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from focusjobs.jobs.models import Attempt, Job
from habits.models import Completion, Habit, SyncPush, SyncState, User
from habits.tasks import merge_pushes
from tests.factories import UserFactory
from tests.holding import waiting_backends
from tests.integration.habits.phones import NOW, Phone, changes, edit, habit, names, problems, tick, values
from tests.threads import beside
from tests.workers import Worker, eventually

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="the services need Linux")

EACH = 6
"""Pushes of a phone that wait in the inbox."""


@pytest.fixture
def user(transactional_db: None) -> User:
    """A person who has a habit, “walk”, with one day."""
    user = UserFactory()
    Phone(user).push(habits=[habit()], completions=[tick()])
    return user


@contextmanager
def held_day(user: User) -> Iterator[None]:
    """Another process that holds the person's one day, so that a merge stops when it comes to it."""
    with transaction.atomic():
        Completion.objects.select_for_update().get(user=user, client_id=tick()["id"])
        yield


# --- A worker --------------------------------------------------------------------------------------------------------


def fill_inbox(user: User) -> None:
    """Accept pushes of two phones that nobody merges yet: habits, counts, and at last an edit of the one day."""
    a, b = Phone(user, "phone-a"), Phone(user, "phone-b")
    for number in range(EACH):
        for phone in (a, b):
            rows = [habit(f"h{number}"), habit("water", kind="counted")]
            share = tick("water", value=number, at=NOW + number, device=phone.device)
            phone.send(changes(habits=rows, completions=[share]), Prefer="respond-async")
    last = edit(tick(), NOW + 1, value=0, note="Done")
    assert a.send(changes(completions=[last]), Prefer="respond-async").status_code == 202


def check_that_it_was_merged_once(user: User) -> None:
    pushes = SyncPush.objects.filter(user=user).values_list("merged_version", "failed_at")
    assert sorted(pushes) == [(2, None)] + [(3, None)] * (2 * EACH + 1)
    assert SyncState.objects.get(user=user).version == 3
    answer = Phone(user, "new").pull()
    assert names(answer).keys() == {"walk", "water", *(f"h{number}" for number in range(EACH))}
    assert values(answer) == [0, EACH - 1, EACH - 1]
    assert [row["note"] for row in answer["changes"]["completions"]["updated"] if row["note"]] == ["Done"]
    told = dict(Habit.objects.filter(user=user).values_list("client_id", "completions_version"))
    assert told == {**dict.fromkeys(told, 1), "walk": 2}


def job_of(user: User) -> Job:
    return Job.objects.get(task=merge_pushes.name, arguments={"user_id": user.pk})


def test_a_worker_is_killed_in_the_middle_of_merging(workers: list[Worker], user: User) -> None:
    fill_inbox(user)
    with held_day(user):
        workers[0].start()
        eventually(waiting_backends)
        workers[0].kill()
        assert job_of(user).state == "active"
        assert SyncPush.objects.filter(user=user, merged_version=None).count() == 2 * EACH + 1
        assert Habit.objects.filter(user=user).count() == 1
    workers[0].start()
    eventually(lambda: job_of(user).state == "completed", seconds=60)
    assert list(Attempt.objects.filter(job=job_of(user)).values_list("outcome", flat=True)) == ["stalled"]
    check_that_it_was_merged_once(user)


def test_a_phone_that_pulls_after_the_worker_was_killed_needs_no_worker(workers: list[Worker], user: User) -> None:
    workers[0].kill()
    fill_inbox(user)
    with held_day(user):
        workers[0].start()
        eventually(waiting_backends)
        workers[0].kill()
    eventually(lambda: Phone(user).fetch().status_code == 200)
    check_that_it_was_merged_once(user)
    workers[0].start()
    eventually(lambda: job_of(user).state == "completed", seconds=60)
    check_that_it_was_merged_once(user)


# --- A web process ---------------------------------------------------------------------------------------------------


def test_a_push_that_is_cut_off_in_the_middle_of_its_merge_is_as_if_it_had_never_come(user: User) -> None:
    key = str(uuid4())
    body = changes(habits=[habit("run")], completions=[edit(tick(), NOW + 1, value=0), tick("run")])

    def send() -> Any:
        return Phone(user).send(body, Idempotency_Key=key)

    with held_day(user):
        cut = beside(send)
        (backend,) = eventually(waiting_backends)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [backend])
        assert cut().status_code == 500
    assert not SyncPush.objects.filter(key=key).exists()
    assert values(Phone(user).pull()) == [1]
    again = send().json()
    assert (again["status"], problems(again)) == ("done", [])
    assert values(Phone(user).pull()) == [1, 0]


def test_a_push_whose_answer_is_lost_is_known_when_it_comes_again(user: User) -> None:
    key = str(uuid4())
    body = changes(completions=[edit(tick(), NOW + 1, value=0)])
    with held_day(user):
        lost = beside(lambda: Phone(user).send(body, Idempotency_Key=key, Prefer="wait=10"))
        eventually(waiting_backends)
    first, again = lost().json(), Phone(user).send(body, Idempotency_Key=key).json()
    assert again == first
    assert SyncPush.objects.filter(key=key).count() == 1
