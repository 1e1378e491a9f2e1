"""What operators do to jobs: which states each act moves, and what it leaves alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django_celery_results.models import TaskResult

from focusjobs.jobs import interventions, ledger, wakeups
from focusjobs.jobs.attempt import run
from focusjobs.jobs.context import JobContext
from focusjobs.jobs.domain.identity import task_id_of
from focusjobs.jobs.domain.lifecycle import FINISHED, State
from focusjobs.jobs.errors import InvalidArguments, NotJSON, OperationRefused
from focusjobs.jobs.ledger.records import rows
from focusjobs.jobs.models import Attempt, Job
from focusjobs.jobs.pulse import Pulse
from tests import tasks
from tests.integration.jobs.conftest import claim_one, ended
from tests.integration.jobs.rows import job_in

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
        try:
            with transaction.atomic():
                job_in(State.WAITING, unique_key="k")
                written.set()
                until_another_session_waits()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(enqueue_and_commit_once_the_retry_waits)
        assert written.wait(10)
        assert interventions.retry([job.pk]) == set()
        other.result()
    job.refresh_from_db()
    assert job.state == "failed"


def until_another_session_waits() -> None:
    deadline = time.monotonic() + 10
    while not rows("SELECT 1 FROM pg_locks WHERE NOT granted", []):
        assert time.monotonic() < deadline
        Event().wait(0.01)


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
    monkeypatch.setattr("focusjobs.jobs.pulse.BEAT", -1)


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


class TestEdit:
    @pytest.mark.parametrize("state", [*FINISHED, State.WAITING, State.DELAYED])
    def test_an_edited_job_is_a_new_one_that_names_the_old(self, state: State) -> None:
        job = job_in(state, priority=4, tries=2, max_attempts=2, options={"note": 1})
        made = interventions.edit_and_retry(job.pk, {"x": 5, "y": 6})
        new = Job.objects.get(pk=made.id)
        assert (new.arguments, new.options) == ({"x": 5, "y": 6}, {"note": 1, "edited_from": job.pk})
        assert (new.task, new.queue, new.priority, new.max_attempts) == (job.task, "default", 4, 2)
        assert new.run_at == job.run_at if state == State.DELAYED else new.state == State.WAITING

    @pytest.mark.parametrize("state", [State.WAITING, State.DELAYED])
    def test_a_pending_job_is_cancelled_in_favour_of_the_edited_one(self, state: State) -> None:
        job = job_in(state, unique_key="k")
        made = interventions.edit_and_retry(job.pk, {"x": 5, "y": 6})
        assert dict(Job.objects.values_list("pk", "state")) == {job.pk: "cancelled", made.id: state}
        assert Job.objects.get(pk=made.id).unique_key == "k"

    @pytest.mark.parametrize(
        ("state", "why"), [(State.ACTIVE, "is running"), (State.WAITING_CHILDREN, "is part of a flow")]
    )
    def test_a_job_that_runs_or_waits_for_children_is_refused(self, state: State, why: str) -> None:
        job = job_in(state)
        with pytest.raises(OperationRefused, match=f"Job {job.pk} {why}"):
            interventions.edit_and_retry(job.pk, {"x": 1, "y": 1})

    def test_a_pending_child_of_a_flow_is_refused(self) -> None:
        child = job_in(State.WAITING, parent=job_in(State.WAITING_CHILDREN))
        with pytest.raises(OperationRefused, match="is part of a flow"):
            interventions.edit_and_retry(child.pk, {"x": 1, "y": 1})

    def test_a_job_that_is_gone_is_refused(self) -> None:
        with pytest.raises(OperationRefused, match="There is no job 999999"):
            interventions.edit_and_retry(999999, {})

    def test_arguments_that_the_task_does_not_take_are_refused_and_change_nothing(self) -> None:
        job = job_in(State.WAITING)
        with pytest.raises(InvalidArguments, match="missing a required argument: 'y'"):
            interventions.edit_and_retry(job.pk, {"x": 1, "z": 1})
        with pytest.raises(NotJSON):
            interventions.edit_and_retry(job.pk, {"x": 1, "y": {1}})
        assert list(Job.objects.values_list("pk", "state")) == [(job.pk, "waiting")]

    def test_a_key_that_another_job_holds_is_refused_and_changes_nothing(self) -> None:
        job, holder = job_in(State.FAILED, unique_key="k"), job_in(State.WAITING, unique_key="k")
        with pytest.raises(OperationRefused, match=f"Job {holder.pk} holds the unique key “k”"):
            interventions.edit_and_retry(job.pk, {"x": 1, "y": 1})
        assert Job.objects.count() == 2

    def test_a_task_that_is_gone_is_refused(self) -> None:
        with pytest.raises(OperationRefused, match=r"There is no task “gone\.away” here"):
            interventions.edit_and_retry(job_in(State.FAILED, task="gone.away").pk, {})


class TestDrain:
    def test_it_cancels_what_waits_and_leaves_the_rest(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(interventions, "BATCH", 3)
        waiting = [job_in(State.WAITING).pk for _ in range(7)]
        waiting.append(job_in(State.WAITING, lane="limited", limit_key="k").pk)
        waiting.append(job_in(State.WAITING, lane="message").pk)
        others = {job_in(state).pk for state in State if state != State.WAITING}
        others.add(job_in(State.WAITING, queue="imports").pk)
        before = dict(Job.objects.filter(pk__in=others).values_list("pk", "state"))
        assert interventions.drain("default") == 9
        assert set(Job.objects.filter(pk__in=waiting).values_list("state", "error")) == {
            ("cancelled", "The queue was drained.")
        }
        assert dict(Job.objects.filter(pk__in=others).values_list("pk", "state")) == before

    def test_it_cancels_delayed_jobs_only_when_told_to(self) -> None:
        job_in(State.DELAYED)
        assert interventions.drain("default") == 0
        assert interventions.drain("default", delayed=True) == 1


class TestFlows:
    @staticmethod
    def family(*children: dict[str, Any], parent: State = State.FAILED, **fields: Any) -> tuple[Job, list[Job]]:
        top = job_in(parent, **fields)
        return top, [job_in(child.pop("state", State.FAILED), parent=top, **child) for child in children]

    @staticmethod
    def states(*jobs: Job) -> list[str]:
        found = dict(Job.objects.values_list("pk", "state"))
        return [found[job.pk] for job in jobs]

    def test_a_retried_child_brings_back_the_parent_that_it_made_fail(self) -> None:
        parent, (child,) = self.family({})
        TaskResult.objects.create(task_id=task_id_of(parent.pk), status="FAILURE")
        assert interventions.retry([child.pk]) == {child.pk}
        parent.refresh_from_db()
        assert (parent.state, parent.children_left, parent.finished_at) == ("waiting_children", 1, None)
        assert not TaskResult.objects.exists()
        assert ledger.finish([ended(claim_one())]) == {child.pk}
        assert self.states(parent, child) == ["waiting", "completed"]

    def test_a_parent_comes_back_only_when_no_other_child_stands_in_its_way(self) -> None:
        parent, (first, second) = self.family({}, {})
        interventions.retry([first.pk])
        assert self.states(parent) == ["failed"]
        interventions.retry([second.pk])
        parent.refresh_from_db()
        assert (parent.state, parent.children_left) == ("waiting_children", 2)

    def test_parents_come_back_through_all_generations(self) -> None:
        top, (middle,) = self.family({})
        child = job_in(State.FAILED, parent=middle)
        interventions.retry([child.pk])
        assert self.states(top, middle, child) == ["waiting_children", "waiting_children", "waiting"]

    def test_a_retried_parent_takes_along_the_children_that_made_it_fail(self) -> None:
        parent, (fatal, ignored, done) = self.family({}, {"on_failure": "ignore"}, {"state": State.COMPLETED})
        assert interventions.retry([parent.pk]) == {parent.pk, fatal.pk}
        assert self.states(parent, fatal, ignored, done) == ["waiting_children", "waiting", "failed", "completed"]
        parent.refresh_from_db()
        assert parent.children_left == 1

    def test_a_retried_parent_whose_children_have_ended_waits_for_nothing(self) -> None:
        parent, _ = self.family({"state": State.COMPLETED}, {"on_failure": "ignore"})
        interventions.retry([parent.pk])
        assert self.states(parent) == ["waiting"]

    def test_a_retried_child_whose_failure_was_ignored_is_counted_by_its_parent_again(self) -> None:
        parent, (child, _) = self.family(
            {"on_failure": "ignore"}, {"state": State.WAITING}, parent=State.WAITING_CHILDREN, children_left=1
        )
        interventions.retry([child.pk])
        parent.refresh_from_db()
        assert (parent.state, parent.children_left) == ("waiting_children", 2)

    def test_a_parent_that_ran_is_not_run_again_for_a_child_whose_failure_it_ignored(self) -> None:
        parent, (child,) = self.family({"on_failure": "ignore"}, parent=State.COMPLETED)
        interventions.retry([child.pk])
        assert self.states(parent, child) == ["completed", "waiting"]

    @pytest.mark.parametrize(
        ("on_failure", "state"), [("fail", "failed"), ("ignore", "waiting"), ("continue", "waiting")]
    )
    def test_a_cancelled_child_counts_as_failed(self, on_failure: str, state: str) -> None:
        parent, (child,) = self.family(
            {"state": State.WAITING, "on_failure": on_failure}, parent=State.WAITING_CHILDREN, children_left=1
        )
        interventions.cancel([child.pk], "enough")
        assert self.states(parent, child) == [state, "cancelled"]

    def test_a_parent_that_failed_is_counted_once_by_its_own_parent_however_many_of_its_children_fail(self) -> None:
        top, (middle, _) = self.family(
            {"state": State.WAITING_CHILDREN, "on_failure": "ignore", "children_left": 2},
            {"state": State.WAITING_CHILDREN},
            parent=State.WAITING_CHILDREN,
            children_left=2,
        )
        children = [job_in(State.WAITING, parent=middle) for _ in range(2)]
        for child in children:
            interventions.cancel([child.pk], "enough")
        assert self.states(top, middle) == ["waiting_children", "failed"]

    def test_the_children_of_a_cancelled_parent_go_on(self) -> None:
        parent, (child,) = self.family({"state": State.WAITING}, parent=State.WAITING_CHILDREN, children_left=1)
        interventions.cancel([parent.pk], "enough")
        ledger.finish([ended(claim_one())])
        assert self.states(parent, child) == ["cancelled", "completed"]


def test_an_act_rings_only_after_the_commit(bells: Any, django_capture_on_commit_callbacks: Any) -> None:
    job = job_in(State.FAILED)
    with django_capture_on_commit_callbacks(execute=False) as callbacks:
        interventions.retry([job.pk])
    assert bells.llen("default") == 0
    assert [callback() for callback in callbacks] == [True]
    assert wakeups.client().llen("default") == 1
