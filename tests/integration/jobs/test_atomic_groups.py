"""Groups of atomic jobs: they share a transaction, and each of them happens exactly once or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection
from django.utils import timezone

from focusjobs.jobs import Cancel, Snooze, current_job, interventions, ledger
from focusjobs.jobs.models import Attempt, Job, LogLine
from focusjobs.jobs.worker import drain as worker
from tests import tasks

from .drains import drain, states
from .rows import made_groups

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("pulse", "bells")]

NAMES = ["a", "b", "c", "d", "e"]


@pytest.fixture(autouse=True)
def one_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Claim all jobs of a test together."""
    monkeypatch.setattr(worker.Pace, "batch_size", lambda *_: 100)
    monkeypatch.setattr(worker, "BUDGET", 20.0)
    monkeypatch.setattr(worker, "_pace", worker.Pace())  # what failed in another test makes groups small
    tasks.add.enqueue(x=0, y=0)  # the first claim takes a single job


def enqueue(*names: str) -> list[int]:
    return [made.id for made in tasks.make_group.using(attempts=1).enqueue_many({"name": name} for name in names)]


def written() -> list[str]:
    return made_groups()


def make(monkeypatch: pytest.MonkeyPatch, at: str, act: Callable[[], Any]) -> list[str]:
    """Let the job named `at` do something after it has written its row; answer the list of runs."""
    runs: list[str] = []

    def run(name: str, fail: bool = False) -> None:
        runs.append(name)
        Group.objects.create(name=name)
        if name == at:
            act()

    monkeypatch.setattr(tasks.make_group, "run", run)
    return runs


def raises(error: Exception) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


def test_quick_atomic_jobs_share_their_commit() -> None:
    numbers = enqueue(*NAMES)
    drain()
    assert set(states(numbers)) == {"completed"}
    assert written() == NAMES
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT xmin::text) FROM auth_group WHERE name = ANY(%s)", [NAMES])
        assert cursor.fetchone() == (1,)


def test_one_failing_job_leaves_the_effects_of_the_others_exactly_once_and_none_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs = make(monkeypatch, "c", raises(RuntimeError("no")))
    numbers = enqueue(*NAMES)
    drain()
    assert states(numbers) == ["completed", "completed", "failed", "completed", "completed"]
    assert written() == ["a", "b", "d", "e"]
    assert runs[:3] == ["a", "b", "c"]
    assert [(row.job_id, row.number) for row in Attempt.objects.all()] == [(numbers[2], 1)]


@pytest.mark.parametrize(
    ("signal", "state"), [(Cancel("unwanted"), "cancelled"), (Snooze(timedelta(hours=1)), "delayed")]
)
def test_a_job_that_steers_itself_out_of_a_group_leaves_the_others_alone(
    signal: Exception, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(monkeypatch, "c", raises(signal))
    numbers = enqueue(*NAMES)
    drain()
    assert states(numbers) == ["completed", "completed", state, "completed", "completed"]
    assert written() == ["a", "b", "d", "e"]


def test_an_error_of_the_database_in_one_job_does_not_spoil_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    make(monkeypatch, "c", lambda: Group.objects.create(name="a"))
    numbers = enqueue(*NAMES)
    drain()
    assert states(numbers) == ["completed", "completed", "failed", "completed", "completed"]
    assert Attempt.objects.get().error.startswith(IntegrityError.__name__)
    assert written() == ["a", "b", "d", "e"]


def test_a_constraint_that_is_checked_at_the_commit_fails_its_own_job_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def point_nowhere() -> None:
        Attempt.objects.create(job_id=10**9, number=1, outcome="failed")

    make(monkeypatch, "c", point_nowhere)
    numbers = enqueue(*NAMES)
    drain()
    assert states(numbers) == ["completed", "completed", "failed", "completed", "completed"]
    assert written() == ["a", "b", "d", "e"]
    assert Attempt.objects.get().error.startswith("IntegrityError")


def test_a_lease_that_is_lost_in_the_middle_rolls_all_of_the_group_back(
    monkeypatch: pytest.MonkeyPatch, elsewhere: Callable[[Callable[[], Any]], Any]
) -> None:
    """Another worker then has that job; the rest is run again, and every effect is there once in the end."""
    lost: list[int] = []

    def take_over() -> None:
        if not lost:
            number = numbers[1]
            lost.append(number)
            elsewhere(lambda: Job.objects.filter(pk=number).update(leased_until=timezone.now() - timedelta(1)))
            assert elsewhere(ledger.reap) == ["default"]
            seen.append(elsewhere(written))

    seen: list[list[str]] = []
    runs = make(monkeypatch, "d", take_over)
    numbers = enqueue(*NAMES)
    drain()
    assert seen == [[]]
    assert set(states(numbers)) == {"completed"}
    assert written() == NAMES
    assert runs.count("b") >= 2
    assert [(row.job_id, row.outcome) for row in Attempt.objects.all()] == [(numbers[1], "stalled")]


def test_a_job_that_an_operator_cancels_while_its_group_runs_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, elsewhere: Callable[[Callable[[], Any]], Any]
) -> None:
    cancelled: list[set[int]] = []

    def cancel_b() -> None:
        if not cancelled:
            cancelled.append(elsewhere(lambda: interventions.cancel([numbers[1]], "stop", active=True)))

    make(monkeypatch, "d", cancel_b)
    numbers = enqueue(*NAMES)
    drain()
    assert states(numbers) == ["completed", "cancelled", "completed", "completed", "completed"]
    assert written() == ["a", "c", "d", "e"]


def test_log_lines_of_a_group_that_was_run_again_are_kept_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(name: str, fail: bool = False) -> None:
        current_job().log(name)
        if name == "c":
            raise RuntimeError

    monkeypatch.setattr(tasks.make_group, "run", run)
    enqueue(*NAMES)
    drain()
    assert sorted(LogLine.objects.values_list("line", flat=True)) == NAMES


def test_a_group_ends_after_its_time_and_leaves_the_rest_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "GROUP", 0.0)
    numbers = enqueue(*NAMES)
    drain()
    assert set(states(numbers)) == {"completed"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT xmin::text) FROM auth_group WHERE name = ANY(%s)", [NAMES])
        assert cursor.fetchone() == (5,)


def test_expired_jobs_and_other_tasks_between_atomic_ones_keep_their_order_and_ends() -> None:
    first = enqueue("a")
    expired = tasks.make_group.using(expires_at=timezone.now() - timedelta(seconds=1)).enqueue(name="late")
    plain = tasks.add.enqueue(x=1, y=1)
    last = enqueue("b")
    drain()
    assert states([*first, expired.id, plain.id, *last]) == ["completed", "cancelled", "completed", "completed"]
    assert written() == ["a", "b"]


def test_jobs_that_atomic_jobs_enqueue_exist_once_even_if_the_group_was_run_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def run(name: str, fail: bool = False) -> None:
        if name == "c":
            raise RuntimeError
        if name in NAMES:
            tasks.give_back.enqueue(value=name)

    monkeypatch.setattr(tasks.make_group, "run", run)
    enqueue(*NAMES)
    drain()
    values = Job.objects.filter(task="tests.give_back").values_list("arguments__value", flat=True)
    assert sorted(values) == ["a", "b", "d", "e"]
