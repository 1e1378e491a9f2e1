"""What operators do to jobs: which states each act moves, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from threading import Event
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django_celery_results.models import TaskResult

from focusjobs.jobs import interventions, ledger
from focusjobs.jobs.context import JobContext
from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.errors import OperationRefused
from focusjobs.jobs.models import Attempt
from focusjobs.jobs.worker.attempt import run
from focusjobs.jobs.worker.pulse import Pulse
from tests import tasks
from tests.holding import waiting_backends
from tests.integration.jobs.conftest import claim_one, ended
from tests.integration.jobs.rows import job_in
from tests.threads import beside
from tests.workers import eventually

pytestmark = pytest.mark.django_db

LATER = datetime(2200, 1, 1, tzinfo=UTC)
Act = Callable[[list[int]], set[int]]

ACTS: dict[str, tuple[Act, dict[State, State]]] = {
    "retry": (interventions.retry, {State.FAILED: State.WAITING, State.CANCELLED: State.WAITING}),
    "cancel": (
        lambda ids: interventions.cancel(ids, "enough"),
        dict.fromkeys((State.WAITING, State.DELAYED, State.WAITING_CHILDREN), State.CANCELLED),
    ),
    "cancel active": (
        lambda ids: interventions.cancel(ids, "enough", active=True),
        dict.fromkeys((State.WAITING, State.DELAYED, State.WAITING_CHILDREN, State.ACTIVE), State.CANCELLED),
    ),
    "promote": (interventions.promote, {State.DELAYED: State.WAITING}),
    "put off": (
        lambda ids: interventions.reschedule(ids, LATER),
        {State.WAITING: State.DELAYED, State.DELAYED: State.DELAYED},
    ),
    "bring forward": (
        lambda ids: interventions.reschedule(ids, datetime(2020, 1, 1, tzinfo=UTC)),
        {State.WAITING: State.WAITING, State.DELAYED: State.WAITING},
    ),
    "set priority": (
        lambda ids: interventions.set_priority(ids, 7),
        {state: state for state in (State.WAITING, State.DELAYED, State.WAITING_CHILDREN)},
    ),
}
"""Each act, and the states that it moves with what becomes of them; it leaves the others alone."""


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("state", State)
def test_an_act_moves_the_states_that_it_is_for_and_no_other(state: State, name: str) -> None:
    act, moves = ACTS[name]
    job = job_in(state)
    assert act([job.pk]) == ({job.pk} if state in moves else set())
    before = dict(vars(job))
    job.refresh_from_db()
    assert job.state == moves.get(state, state)
    if state not in moves:
        assert {**vars(job), "_state": None} == {**before, "_state": None}
    if state in moves and name not in ("set priority",):
        assert job.fence > before["fence"]


@pytest.mark.parametrize("name", ACTS)
def test_an_act_on_a_job_that_is_gone_moves_nothing(name: str) -> None:
    assert ACTS[name][0]([10**12]) == set()


def test_a_retried_job_has_all_its_attempts_again_and_no_more() -> None:
    job = job_in(State.FAILED, attempt=3, max_attempts=3, tries=3, stalls=2, error="no", progress={"done": 1})
    interventions.retry([job.pk])
    job.refresh_from_db()
    assert (job.attempt, job.max_attempts, job.stalls, job.progress, job.finished_at) == (3, 6, 0, None, None)


def test_a_retry_leaves_a_job_alone_whose_unique_key_another_holds() -> None:
    job = job_in(State.FAILED, unique_key="k")
    job_in(State.DELAYED, unique_key="k")
    assert interventions.retry([job.pk]) == set()


def test_of_several_failed_jobs_with_one_key_the_newest_is_retried() -> None:
    jobs = [job_in(State.FAILED, unique_key="k") for _ in range(3)]
    assert interventions.retry([job.pk for job in jobs]) == {jobs[-1].pk}


def test_a_retry_leaves_an_expired_job_alone() -> None:
    job = job_in(State.CANCELLED, expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    assert interventions.retry([job.pk]) == set()


@pytest.mark.django_db(transaction=True)
def test_a_retry_gives_way_to_a_job_that_takes_the_key_at_the_same_moment() -> None:
    job = job_in(State.FAILED, unique_key="k")
    written = Event()

    def enqueue_and_commit_once_the_retry_waits() -> None:
        with transaction.atomic():
            job_in(State.WAITING, unique_key="k")
            written.set()
            eventually(waiting_backends)

    other = beside(enqueue_and_commit_once_the_retry_waits)
    assert written.wait(10)
    assert interventions.retry([job.pk]) == set()
    other()
    job.refresh_from_db()
    assert job.state == "failed"


def test_a_promoted_job_keeps_its_priority_and_rings_its_queue(
    bells: Any, django_capture_on_commit_callbacks: Any
) -> None:
    job = job_in(State.DELAYED, priority=5)
    with django_capture_on_commit_callbacks(execute=True):
        interventions.promote([job.pk])
    job.refresh_from_db()
    assert job.priority == 5
    assert bells.llen("default") == 1


def test_a_job_brought_forward_can_be_claimed_at_once() -> None:
    job = job_in(State.DELAYED)
    interventions.reschedule([job.pk], datetime(2020, 1, 1, tzinfo=UTC))
    assert claim_one().id == job.pk


def test_a_job_with_a_lower_number_is_claimed_first_after_a_change_of_priority() -> None:
    first, second = job_in(State.WAITING, priority=5), job_in(State.WAITING, priority=5)
    interventions.set_priority([second.pk], 1)
    assert [claim_one().id, claim_one().id] == [second.pk, first.pk]


@pytest.mark.parametrize("priority", [-1, 2_097_152, 1.5, "high"])
def test_a_priority_that_no_job_can_have_is_refused(priority: Any) -> None:
    with pytest.raises(OperationRefused, match="A priority is a whole number from 0 to 2097151"):
        interventions.set_priority([1], priority)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(OperationRefused, match="needs a time zone"):
        interventions.reschedule([1], datetime(2030, 1, 1))  # noqa: DTZ001 - the point of the test


def test_the_end_of_a_cancelled_attempt_is_not_kept() -> None:
    job = job_in(State.WAITING)
    held = claim_one()
    assert interventions.cancel([job.pk], "enough", active=True) == {job.pk}
    assert ledger.finish([ended(held, value="3")]) == set()
    job.refresh_from_db()
    assert (job.state, job.error, job.leased_until) == ("cancelled", "enough", None)
    assert not TaskResult.objects.exists()
    assert list(Attempt.objects.values_list("job_id", "number", "outcome", "worker", "error")) == [
        (job.pk, 1, "cancelled", "w", "enough")
    ]


def test_what_an_atomic_task_did_is_rolled_back_when_its_job_is_cancelled_meanwhile(
    pulse: Pulse, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks.make_group.enqueue(name="kept?")
    held = claim_one()
    pulse.hold([held])
    original = tasks.make_group.run

    def cancelled_meanwhile(**arguments: Any) -> None:
        original(**arguments)
        interventions.cancel([held.id], "enough", active=True)

    monkeypatch.setattr(tasks.make_group, "run", cancelled_meanwhile)
    run(held, pulse)
    assert not Group.objects.filter(name="kept?").exists()


@pytest.fixture
def old_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a beat look at jobs that were claimed this very moment."""
    monkeypatch.setattr("focusjobs.jobs.worker.pulse.BEAT", -1)


@pytest.mark.usefixtures("old_enough")
def test_a_task_is_told_within_a_beat_that_its_job_was_cancelled(pulse: Pulse) -> None:
    job = job_in(State.WAITING)
    held, context = claim_one(), JobContext(job.pk)
    pulse.hold([held])
    pulse.watch(held, context)
    pulse.beat()
    assert not context.is_cancelled()
    interventions.cancel([job.pk], "enough", active=True)
    pulse.beat()
    assert context.is_cancelled()
    assert pulse.held == {}


@pytest.mark.usefixtures("old_enough")
def test_a_claimed_job_that_is_cancelled_before_its_turn_does_not_start(
    pulse: Pulse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks.add, "run", lambda **arguments: pytest.fail("it ran"))
    job = job_in(State.WAITING)
    held = claim_one()
    pulse.hold([held])
    interventions.cancel([job.pk], "enough", active=True)
    pulse.beat()
    assert run(held, pulse) is None
    pulse.drop([held])
    assert pulse.lost == set()


@pytest.mark.usefixtures("old_enough")
def test_an_atomic_job_that_has_just_been_completed_is_not_taken_for_lost(
    pulse: Pulse, caplog: pytest.LogCaptureFixture
) -> None:
    job_in(State.WAITING)
    held = claim_one()
    pulse.hold([held])
    ledger.finish([ended(held)])
    pulse.beat()
    assert "lease lost" not in caplog.text


def test_cancelling_a_pending_job_notes_no_attempt() -> None:
    interventions.cancel([job_in(State.WAITING).pk], "enough")
    assert not Attempt.objects.exists()
