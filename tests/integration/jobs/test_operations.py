"""What people do to many jobs: looked at first, then done in batches, to the jobs that were meant and no others."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from focusjobs.jobs import interventions, operations
from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.errors import OperationRefused, QueryError
from focusjobs.jobs.models import Job, Operation, OperationJob, Worker
from focusjobs.jobs.operations import Actor, Wanted, running
from focusjobs.jobs.telling import tally
from focusjobs.jobs.telling.tally import Counts
from tests.factories import UserFactory

from .rows import job_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> Actor:
    return Actor(name="ana@example.com", source="admin", user=UserFactory(email="ana@example.com"), ip="192.0.2.1")


def retry_all(**options: Any) -> Wanted:
    return Wanted(action="retry", **{"filter": "state:failed", "reason": "APNs was away", **options})


def worker(queue: str, processes: int = 1) -> None:
    now = timezone.now()
    at = {"started_at": now, "seen_at": now}
    Worker.objects.create(name=queue, host="h", pid=1, queues=[queue], concurrency=processes, **at)


def took(task: str, *seconds: float) -> None:
    """Have a task run that long, on a queue that no test uses."""
    counts = Counts()
    for each in seconds:
        counts.ran(each)
    tally.write([((task, "elsewhere"), counts)])


def states() -> list[str]:
    return list(Job.objects.order_by("pk").values_list("state", flat=True))


class TestLooking:
    def test_a_preview_counts_jobs_people_queues_and_what_it_would_skip(self) -> None:
        first, second = UserFactory(), UserFactory()
        for user in (first, first, second, None):
            job_in(State.FAILED, user=user)
        job_in(State.FAILED, queue="imports", expires_at=timezone.now())
        job_in(State.FAILED, unique_key="k")
        job_in(State.WAITING, unique_key="k")
        job_in(State.COMPLETED)
        seen = operations.preview(retry_all(filter="task:tests.*"))
        assert (seen.matched, seen.eligible, seen.users, seen.unowned) == (8, 4, 2, 1)
        assert seen.skipped == {"expired": 1, "unique key held by another job": 1, "waiting": 1, "completed": 1}
        assert (seen.queues, seen.tasks) == ({"default": 4}, {"tests.add": 4})
        assert (seen.capped, seen.unchecked) == (False, 0)

    def test_beyond_the_cap_a_preview_says_that_there_are_more(self) -> None:
        for _ in range(4):
            job_in(State.FAILED)
        seen = operations.preview(retry_all(), cap=3)
        assert (seen.matched, seen.capped) == (3, True)
        assert operations.preview(retry_all(), cap=4).capped is False
        assert operations.preview(retry_all(), cap=None).matched == 4

    def test_at_a_rate_it_says_how_long_it_takes(self) -> None:
        for _ in range(10):
            job_in(State.FAILED)
        assert operations.preview(retry_all(rate=2)).seconds == 5
        assert operations.preview(retry_all()).seconds is None

    @pytest.mark.parametrize(
        ("ended", "expected"),
        [
            (0, 5.0),  # as long as attempts take, over the processes
            (1, 5.0),  # a queue that had little to do is as quick as it could be
            (1200, 5.0),
            (2400, 2.5),  # it was quicker than that: jobs share a transaction
        ],
    )
    def test_otherwise_it_says_how_long_the_queues_take(self, ended: int, expected: float) -> None:
        worker("default", processes=4)
        took("tests.add", 1, 3)
        tally.write([(("tests.other", "default"), Counts(completed=ended))])
        for _ in range(10):
            job_in(State.FAILED)

        assert operations.preview(retry_all()).seconds == expected

    def test_of_several_queues_the_slowest_counts(self) -> None:
        worker("default", processes=4)
        worker("imports", processes=1)
        took("tests.add", 2)
        for queue in ("default", "default", "imports", "imports"):
            job_in(State.FAILED, queue=queue)

        assert operations.preview(retry_all()).seconds == 4
        assert operations.preview(retry_all(filter="state:failed queue:default")).seconds == 1

    def test_nobody_knows_how_long_a_task_takes_that_never_ran_or_a_queue_without_a_worker(self) -> None:
        job_in(State.FAILED)
        worker("default")
        assert operations.preview(retry_all()).seconds is None
        took("tests.add", 2)
        assert operations.preview(retry_all()).seconds == 2
        job_in(State.FAILED, queue="imports")
        assert operations.preview(retry_all()).seconds is None

    def test_looking_changes_nothing(self, ana: Actor) -> None:
        job_in(State.FAILED)
        operations.preview(retry_all())
        operations.plan(ana, retry_all())
        assert states() == ["failed"]

    @pytest.mark.parametrize(
        ("wanted", "error"),
        [
            ({"filter": ""}, OperationRefused),
            ({"filter": " "}, OperationRefused),
            ({"filter": "state:failed", "ids": [1]}, OperationRefused),
            ({"filter": "stat:failed"}, QueryError),
            ({"action": "explode"}, OperationRefused),
        ],
    )
    def test_what_cannot_be_meant_is_refused(self, wanted: dict[str, Any], error: type[Exception]) -> None:
        with pytest.raises(error):
            operations.preview(Wanted(**{"action": "retry", "filter": "state:failed", **wanted}))


class TestDoing:
    def test_a_retry_of_a_filter_waits_for_its_hold_and_is_kept_with_who_and_why(self, ana: Actor) -> None:
        job = job_in(State.FAILED, error="no", attempt=5, max_attempts=5, tries=5)
        operation = operations.act(ana, retry_all())
        job.refresh_from_db()
        assert (job.state, job.max_attempts) == ("delayed", 10)
        assert timedelta(seconds=25) < job.run_at - timezone.now() <= timedelta(seconds=30)
        assert (operation.state, operation.done, operation.seen) == ("holding", 1, 1)
        assert (operation.actor, operation.actor_name, operation.ip) == (ana.user, "ana@example.com", "192.0.2.1")
        assert (operation.reason, operation.filter) == ("APNs was away", "state:failed")
        assert operation.expected["eligible"] == 1

    def test_a_retry_of_named_jobs_runs_at_once_and_is_an_operation_too(self, ana: Actor) -> None:
        job = job_in(State.FAILED)
        operation = operations.act(ana, Wanted(action="retry", ids=[job.pk]))
        assert states() == ["waiting"]
        assert (operation.filter, operation.state) == (f"id:{job.pk}", "finished")
        (link,) = operations.of_job(job.pk)
        assert (link.operation, link.before["state"]) == (operation, "failed")

    def test_each_operation_is_one_entry_in_the_admins_log(self, ana: Actor) -> None:
        for _ in range(3):
            job_in(State.FAILED)
        operation = operations.act(ana, retry_all())
        (entry,) = LogEntry.objects.all()
        assert (entry.user, entry.object_id) == (ana.user, str(operation.pk))
        assert entry.change_message == "retry state:failed: APNs was away"

    def test_somebody_at_the_command_line_needs_no_account(self) -> None:
        job = job_in(State.FAILED)
        operation = operations.act(Actor.of_command(), Wanted(action="retry", ids=[job.pk]))
        assert operation.actor is None
        assert operation.actor_name.endswith("at the command line")
        assert not LogEntry.objects.exists()

    def test_batches_go_on_until_all_is_done(self, ana: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(running, "BATCH", 2)
        monkeypatch.setattr(running, "CHUNK", 3)
        for _ in range(7):
            job_in(State.FAILED)
        operation = operations.act(ana, retry_all())
        assert set(states()) == {"delayed"}
        assert (operation.seen, operation.done, operation.skipped) == (7, 7, {})
        assert OperationJob.objects.filter(operation=operation).count() == 7

    def test_a_rate_spreads_the_jobs(self, ana: Actor) -> None:
        for _ in range(5):
            job_in(State.FAILED)
        operation = operations.act(ana, retry_all(rate=0.5, hold=timedelta(seconds=60)))
        times = list(Job.objects.order_by("pk").values_list("run_at", flat=True))
        assert [later - times[0] for later in times] == [timedelta(seconds=2 * place) for place in range(5)]
        assert times[0] == operation.release_at
        assert operation.hold_until == times[0] + timedelta(seconds=10)

    def test_every_action_is_done_and_kept(self, ana: Actor) -> None:
        at = timezone.now() + timedelta(hours=3)
        for action, state, details, seen in (
            ("cancel", State.WAITING, {}, {"state": "cancelled"}),
            ("cancel_active", State.ACTIVE, {}, {"state": "cancelled"}),
            ("promote", State.DELAYED, {}, {"state": "waiting"}),
            ("reschedule", State.WAITING, {"run_at": at.isoformat()}, {"state": "delayed", "run_at": at}),
            ("set_priority", State.WAITING, {"priority": 7}, {"priority": 7}),
        ):
            job = job_in(state)
            operation = operations.act(ana, Wanted(action=action, ids=[job.pk], details=details, reason="why"))
            job.refresh_from_db()
            assert {name: getattr(job, name) for name in seen} == seen
            assert (operation.done, operation.state) == (1, "finished")

    def test_a_cancelled_job_says_by_whom_and_why(self, ana: Actor) -> None:
        job = job_in(State.WAITING)
        operation = operations.act(ana, Wanted(action="cancel", ids=[job.pk], reason="wrong file"))
        job.refresh_from_db()
        assert job.error == f"Cancelled by ana@example.com in operation {operation.pk}: wrong file"

    def test_many_jobs_need_a_reason_and_so_does_cancelling_one(self, ana: Actor) -> None:
        jobs = [job_in(State.FAILED) for _ in range(2)]
        waiting = job_in(State.WAITING)
        for wanted in (
            retry_all(reason=" "),
            Wanted(action="retry", ids=[job.pk for job in jobs]),
            Wanted(action="cancel", ids=[waiting.pk]),
        ):
            with pytest.raises(OperationRefused, match="Give a reason"):
                operations.act(ana, wanted)
        assert states() == ["failed", "failed", "waiting"]

    def test_an_operation_starts_once(self, ana: Actor) -> None:
        job_in(State.FAILED)
        operation = operations.act(ana, retry_all())
        with pytest.raises(OperationRefused, match="was started already"):
            operations.start(operation)

    def test_an_old_preview_cannot_be_started(self, ana: Actor) -> None:
        job_in(State.FAILED)
        operation = operations.plan(ana, retry_all())
        Operation.objects.update(created_at=timezone.now() - timedelta(hours=2))
        with pytest.raises(OperationRefused, match="too old"):
            operations.start(operation)
        assert states() == ["failed"]

    def test_many_jobs_are_left_to_a_worker(self, ana: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("focusjobs.jobs.operations.control.AT_ONCE", 1)
        for _ in range(2):
            job_in(State.FAILED)
        operation = operations.act(ana, retry_all())
        assert (operation.state, operation.done) == ("running", 0)
        job = Job.objects.get(queue="operations")
        assert job.arguments == {"operation": operation.pk}


class TestOnlyWhatWasMeant:
    def test_jobs_that_failed_after_the_preview_are_left_alone(self, ana: Actor) -> None:
        meant = job_in(State.FAILED)
        running_then = job_in(State.ACTIVE)
        operation = operations.plan(ana, retry_all())
        connection.ensure_connection()
        later = timezone.now() + timedelta(seconds=5)
        Job.objects.filter(pk=running_then.pk).update(state="failed", finished_at=later, leased_until=None)
        new = job_in(State.FAILED)
        operation = operations.start(operation)
        assert [job.state for job in Job.objects.order_by("pk")] == ["delayed", "failed", "failed"]
        assert operation.done == 1
        assert not OperationJob.objects.exclude(job=meant).exists()
        assert new.pk > operation.newest

    def test_a_job_that_failed_again_between_look_and_write_is_left_alone(
        self, ana: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = job_in(State.FAILED)
        look_up = running._look_up

        def late(operation: Operation) -> list[int]:
            found = look_up(operation)
            Job.objects.filter(pk=job.pk).update(finished_at=timezone.now() + timedelta(seconds=5))
            return found

        monkeypatch.setattr(running, "_look_up", late)
        operation = operations.act(ana, retry_all())
        assert states() == ["failed"]
        assert (operation.seen, operation.done, operation.skipped) == (1, 0, {"moved meanwhile": 1})

    def test_a_job_that_ran_meanwhile_is_not_cancelled(self, ana: Actor) -> None:
        job = job_in(State.DELAYED)
        operation = operations.plan(ana, Wanted(action="cancel", filter="state:delayed", reason="why"))
        Job.objects.filter(pk=job.pk).update(started_at=timezone.now() + timedelta(seconds=5))
        assert operations.start(operation).skipped == {"moved meanwhile": 1}
        assert states() == ["delayed"]

    def test_what_is_left_alone_is_told_by_reason(self, ana: Actor) -> None:
        expired, held, gone = (job_in(State.FAILED) for _ in range(3))
        operation = operations.plan(ana, retry_all())
        Job.objects.filter(pk=expired.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
        Job.objects.filter(pk=held.pk).update(unique_key="k")
        job_in(State.WAITING, unique_key="k")
        Job.objects.filter(pk=gone.pk).delete()
        operation = operations.start(operation)
        assert operation.skipped == {"expired": 1, "unique key held by another job": 1}
        assert operation.done == 0


class TestKeeping:
    @pytest.fixture
    def done(self, ana: Actor) -> Operation:
        job_in(State.FAILED)
        return operations.act(ana, retry_all())

    @pytest.mark.parametrize("change", [{"reason": "other"}, {"actor_name": "eve"}, {"filter": "id:1"}, {"newest": 9}])
    def test_the_database_refuses_to_rewrite_what_was_done(self, done: Operation, change: dict[str, Any]) -> None:
        with pytest.raises(IntegrityError, match="is not rewritten"), transaction.atomic():
            Operation.objects.filter(pk=done.pk).update(**change)

    def test_the_database_refuses_to_delete_what_was_done(self, done: Operation) -> None:
        with pytest.raises(IntegrityError, match="is not deleted"), transaction.atomic():
            done.delete()

    def test_a_preview_that_was_never_started_may_go(self, ana: Actor) -> None:
        operations.plan(ana, retry_all()).delete()
        assert not Operation.objects.exists()

    def test_a_deleted_account_leaves_its_name(self, done: Operation, ana: Actor) -> None:
        LogEntry.objects.all().delete()
        ana.user.delete()
        done.refresh_from_db()
        assert (done.actor, done.actor_name) == (None, "ana@example.com")

    def test_a_job_that_is_forgotten_leaves_the_operation(self, done: Operation) -> None:
        interventions.cancel(Job.objects.values_list("pk", flat=True), "no")
        Job.objects.all().delete()
        done.refresh_from_db()
        assert done.done == 1
