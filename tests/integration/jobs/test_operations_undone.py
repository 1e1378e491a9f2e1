"""Operations that are stopped or undone: what nobody has touched is put back exactly as it was."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_celery_results.models import TaskResult

from focusjobs.jobs import Flow, interventions, ledger, operations
from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.errors import OperationRefused
from focusjobs.jobs.models import Job
from focusjobs.jobs.operations import Actor, Wanted, running
from tests import tasks
from tests.factories import UserFactory

from .conftest import claim, ended
from .rows import job_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> Actor:
    return Actor(name="Ana", source="admin", user=UserFactory())


def kept(jobs: Iterable[Job]) -> list[dict[str, Any]]:
    """Give all that is known of jobs, but for the fence, which only ever rises."""
    numbers = [job.pk for job in jobs]
    rows = Job.objects.filter(pk__in=numbers).order_by("pk").values()
    return [{name: value for name, value in row.items() if name != "fence"} for row in rows]


def wanted(action: str, **options: Any) -> Wanted:
    states = {"retry": "state:failed,cancelled", "cancel": "state:waiting,delayed"}
    return Wanted(**{"action": action, "filter": states.get(action, "task:tests.*"), "reason": "why", **options})


def various() -> list[Job]:
    now = timezone.now()
    return [
        job_in(State.FAILED, error="no", attempt=5, max_attempts=5, tries=5, stalls=2, progress={"done": 3}),
        job_in(State.FAILED, error="no", run_at=now - timedelta(hours=2), due_at=now - timedelta(hours=3)),
        job_in(State.CANCELLED, error="not wanted", priority=4),
        job_in(State.FAILED, unique_key="k", lane="message", published_at=now),
    ]


class TestUndoing:
    def test_a_retry_that_is_undone_leaves_everything_as_it_was(self, ana: Actor) -> None:
        jobs = various()
        before = kept(jobs)
        operation = operations.act(ana, wanted("retry"))
        assert set(Job.objects.values_list("state", flat=True)) == {"delayed"}
        operation = operations.undo(operation, ana, "wrong filter")
        assert kept(jobs) == before
        assert (operation.state, operation.restored, operation.message) == ("undone", 4, "Undone by Ana: wrong filter")
        assert set(operation.jobs.values_list("outcome", flat=True)) == {"restored"}
        assert operation.settled_at is not None

    @pytest.mark.parametrize(
        ("action", "details"),
        [
            ("cancel", {}),
            ("promote", {}),
            ("reschedule", {"run_at": "2100-01-01T00:00:00Z"}),
            ("set_priority", {"priority": 9}),
        ],
    )
    def test_so_do_the_other_actions(self, ana: Actor, action: str, details: dict[str, Any]) -> None:
        jobs = [job_in(State.WAITING, priority=3), job_in(State.DELAYED, unique_key="k", error="slow", attempt=1)]
        before = kept(jobs)
        operation = operations.act(ana, wanted(action, details=details))
        assert operation.done > 0
        assert kept(jobs) != before
        operations.undo(operation, ana)
        assert kept(jobs) == before

    def test_what_a_worker_took_is_left_to_it(self, ana: Actor) -> None:
        jobs = [job_in(State.FAILED), job_in(State.FAILED)]
        before = kept(jobs[1:])
        operation = operations.act(ana, wanted("retry", hold=timedelta(0)))
        (held,) = claim(1)
        operation = operations.undo(operation, ana)
        assert held.id == jobs[0].pk
        assert operation.restored == 1
        assert Job.objects.get(pk=held.id).state == "active"
        assert kept(jobs[1:]) == before

    def test_what_housekeeping_made_due_can_still_be_put_back(self, ana: Actor) -> None:
        job = job_in(State.FAILED)
        before = kept([job])
        operation = operations.act(ana, wanted("retry"))
        Job.objects.update(run_at=timezone.now() - timedelta(seconds=1))
        ledger.promote()
        assert operations.undo(operation, ana).restored == 1
        assert kept([job]) == before

    def test_what_somebody_else_moved_is_left_alone(self, ana: Actor) -> None:
        job = job_in(State.FAILED)
        operation = operations.act(ana, wanted("retry"))
        interventions.cancel([job.pk], "no")
        assert operations.undo(operation, ana).restored == 0
        assert Job.objects.get().error == "no"

    def test_a_key_that_another_job_has_by_now_stays_with_it(self, ana: Actor) -> None:
        job = job_in(State.WAITING, unique_key="k")
        operation = operations.act(ana, wanted("cancel"))
        job_in(State.WAITING, unique_key="k")
        assert operations.undo(operation, ana).restored == 0
        job.refresh_from_db()
        assert job.state == "cancelled"

    def test_what_ran_when_it_was_cancelled_cannot_be_put_back(self, ana: Actor) -> None:
        job_in(State.ACTIVE)
        operation = operations.act(ana, wanted("cancel_active"))
        assert operations.undo(operation, ana).restored == 0

    def test_it_is_undone_once(self, ana: Actor) -> None:
        job_in(State.FAILED)
        operation = operations.undo(operations.act(ana, wanted("retry")), ana)
        with pytest.raises(OperationRefused, match="is undone"):
            operations.undo(operation, ana)

    def test_it_goes_by_batches(self, ana: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(running, "BATCH", 2)
        jobs = [job_in(State.FAILED) for _ in range(5)]
        before = kept(jobs)
        assert operations.undo(operations.act(ana, wanted("retry")), ana).restored == 5
        assert kept(jobs) == before


class TestFlows:
    def fail(self) -> tuple[Job, Job]:
        """Give a parent that failed with its child, and the child."""
        made = Flow(tasks.add.using(attempts=1).job(x=1, y=2), [tasks.add.using(attempts=1).job(x=3, y=4)]).enqueue()
        (held,) = claim(1)
        ledger.finish([ended(held, State.FAILED, error="no")])
        return Job.objects.get(pk=made.id), Job.objects.get(pk=held.id)

    def test_parent_and_child_are_put_back_together(self, ana: Actor) -> None:
        parent, child = self.fail()
        before = kept([parent, child])
        results = list(TaskResult.objects.order_by("task_id").values_list("task_id", "status", "result"))
        operation = operations.act(ana, wanted("retry"))
        assert set(Job.objects.values_list("state", flat=True)) == {"waiting_children", "delayed"}
        assert operations.undo(operation, ana).restored == 2
        assert kept([parent, child]) == before
        assert list(TaskResult.objects.order_by("task_id").values_list("task_id", "status", "result")) == results

    def test_a_parent_that_came_back_with_its_child_fails_with_it_again(self, ana: Actor) -> None:
        parent, child = self.fail()
        before = kept([child])
        operation = operations.act(ana, wanted("retry", filter=f"id:{child.pk}"))
        parent.refresh_from_db()
        assert parent.state == "waiting_children"
        operations.undo(operation, ana)
        error = parent.error
        parent.refresh_from_db()
        assert (parent.state, parent.error) == ("failed", error)
        assert kept([child]) == before

    def test_a_child_that_a_parent_took_along_is_put_back_too(self, ana: Actor) -> None:
        parent, child = self.fail()
        before = kept([parent, child])
        operation = operations.act(ana, wanted("retry", filter=f"id:{parent.pk}"))
        assert operation.done == 2
        operations.undo(operation, ana)
        assert kept([parent, child]) == before


class TestStopping:
    def test_what_is_not_due_yet_is_put_back_and_what_is_runs(self, ana: Actor) -> None:
        jobs = [job_in(State.FAILED) for _ in range(4)]
        before = kept(jobs[2:])
        operation = operations.act(ana, wanted("retry", rate=1, hold=timedelta(0)))
        Job.objects.filter(pk__in=[job.pk for job in jobs[:2]]).update(run_at=timezone.now() - timedelta(seconds=1))
        operation = operations.stop(operation, ana, "enough")
        assert (operation.state, operation.restored, operation.message) == ("stopped", 2, "Stopped by Ana: enough")
        assert kept(jobs[2:]) == before
        assert operations.can_stop(operation) is False

    def test_a_stopped_operation_changes_no_further_job(self, ana: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(running, "BATCH", 2)
        monkeypatch.setattr("focusjobs.jobs.operations.control.AT_ONCE", 0)
        for _ in range(6):
            job_in(State.FAILED)
        operation = operations.act(ana, wanted("retry", hold=timedelta(0)))
        assert running.advance(operation.pk, 0) is True
        operations.stop(operation, ana)
        running.advance(operation.pk)
        operation.refresh_from_db()
        assert (operation.state, operation.done) == ("stopped", 2)
        assert list(Job.objects.filter(queue="default").order_by("pk").values_list("state", flat=True)) == [
            *["waiting"] * 2,
            *["failed"] * 4,
        ]

    def test_the_rest_can_be_done_on_the_jobs_that_were_meant(
        self, ana: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(4):
            job_in(State.FAILED)
        operation = operations.stop(operations.act(ana, wanted("retry")), ana)
        later = job_in(State.FAILED)
        assert operations.has_rest(operation)
        rest = operations.rest(operation, ana)
        assert (rest.done, rest.repeats, rest.reason) == (4, operation, f"The rest of operation {operation.pk}: why")
        later.refresh_from_db()
        assert later.state == "failed"
        assert not operations.has_rest(operation)
        with pytest.raises(OperationRefused, match="no rest"):
            operations.rest(operation, ana)
