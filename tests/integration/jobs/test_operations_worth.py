"""Jobs that do no good any more are not retried, and the preview says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from focusjobs.jobs import ledger, operations
from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.errors import InvalidTask, OperationRefused
from focusjobs.jobs.interventions import promote, reschedule, retry
from focusjobs.jobs.models import Job
from focusjobs.jobs.operations import Actor, Wanted
from tests import tasks
from tests.factories import UserFactory

from .conftest import claim, ended
from .rows import job_in

pytestmark = pytest.mark.django_db

ANA = Actor(name="Ana", source="command")


def retry_all(**options: Any) -> Wanted:
    return Wanted(**{"action": "retry", "filter": "state:failed", "reason": "why", **options})


@pytest.fixture
def reminders(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the task of the tests be one whose jobs are stale after an hour, and unwanted where x is 0."""

    def wanted(calls: Sequence[Mapping[str, Any]]) -> list[str | None]:
        return ["already done" if call["x"] == 0 else None for call in calls]

    monkeypatch.setattr(tasks.add, "stale_after", timedelta(hours=1))
    monkeypatch.setattr(tasks.add, "still_wanted", wanted)


def failed(x: int = 1, *, hours: int = 0, **fields: Any) -> Job:
    due = timezone.now() - timedelta(hours=hours)
    return job_in(State.FAILED, arguments={"x": x, "y": 2}, **{"run_at": due, **fields})


@pytest.mark.usefixtures("reminders")
class TestRetrying:
    def test_the_preview_says_what_is_skipped_and_the_retry_skips_it(self) -> None:
        ana, ben = UserFactory(), UserFactory()
        failed(user=ana)
        failed(0, user=ben)
        failed(0, user=ana)
        failed(hours=2, user=ben)
        seen = operations.preview(retry_all())
        assert (seen.matched, seen.eligible, seen.users) == (4, 1, 1)
        assert seen.skipped == {"already done": 2, "stale": 1}
        assert (seen.queues, seen.tasks) == ({"default": 1}, {"tests.add": 1})
        operation = operations.act(ANA, retry_all())
        assert (operation.done, operation.skipped) == (1, {"already done": 2, "stale": 1})
        assert list(Job.objects.order_by("pk").values_list("state", flat=True)) == ["delayed", *["failed"] * 3]

    def test_whoever_insists_gets_all(self) -> None:
        failed(0)
        failed(hours=2)
        assert operations.preview(retry_all(anyway=True)).eligible == 2
        assert operations.act(ANA, retry_all(anyway=True)).done == 2

    def test_cancelling_asks_nobody(self) -> None:
        job_in(State.WAITING, arguments={"x": 0, "y": 2})
        assert operations.preview(Wanted(action="cancel", filter="state:waiting")).eligible == 1

    def test_the_jobs_of_other_tasks_are_worth_it(self) -> None:
        job_in(State.FAILED, task="gone.task")
        assert operations.preview(retry_all()).eligible == 1

    def test_a_job_that_is_older_when_it_is_run_was_judged_at_the_preview(self) -> None:
        failed(hours=0)
        operation = operations.plan(ANA, retry_all())
        assert operations.start(operation).done == 1

    def test_more_than_can_be_asked_about_are_said_to_be_unchecked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("focusjobs.jobs.operations.previewing.CHECKED", 2)
        for _ in range(5):
            failed(0)
        seen = operations.preview(retry_all())
        assert (seen.eligible, seen.unchecked, seen.skipped) == (3, 3, {"already done": 2})
        assert operations.act(ANA, retry_all()).done == 0


class TestTasks:
    def test_one_that_cannot_tell_stops_the_operation_before_anything_is_done(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(calls: Sequence[Mapping[str, Any]]) -> list[str | None]:
            raise RuntimeError("no database")

        failed()
        operation = operations.plan(ANA, retry_all())
        monkeypatch.setattr(tasks.add, "still_wanted", broken)
        with pytest.raises(OperationRefused, match=r"tests.add could not tell .* RuntimeError\('no database'\)"):
            operations.preview(retry_all())
        operation = operations.start(operation)
        assert (operation.state, operation.done) == ("stopped", 0)
        assert operation.message.startswith("tests.add could not tell")
        assert Job.objects.get().state == "failed"

    def test_one_that_does_not_answer_for_each_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        failed()
        monkeypatch.setattr(tasks.add, "still_wanted", lambda calls: [])
        with pytest.raises(OperationRefused, match="answered for 0 jobs where it was asked about 1"):
            operations.preview(retry_all())

    def test_a_declaration_takes_both(self) -> None:
        from focusjobs.jobs import task

        def wanted(calls: Sequence[Mapping[str, Any]]) -> list[str | None]:
            return [None] * len(calls)

        @task(name="tests.choosy", stale_after=timedelta(hours=1), still_wanted=wanted, redact=("email",))
        def choosy(*, email: str) -> None:
            """Do nothing."""

        assert (choosy.stale_after, choosy.redact) == (timedelta(hours=1), ("email",))
        assert choosy.still_wanted is not None
        assert choosy.still_wanted([{"email": "a"}]) == [None]

    def test_a_time_that_is_none_is_refused(self) -> None:
        from focusjobs.jobs import task

        with pytest.raises(InvalidTask, match="stale_after is longer than nothing"):
            task(stale_after=timedelta(0))(test_nothing)


def test_nothing() -> None:
    """Serves as a function to declare."""


@pytest.mark.usefixtures("reminders")
class TestWhenItWasDue:
    """A job is as old as the time when it was to run at first, whatever put it off since."""

    def due(self, job: Job) -> Any:
        job.refresh_from_db()
        return job.due_at or job.run_at

    def test_attempts_that_fail_do_not_make_it_younger(self) -> None:
        tasks.add.enqueue(x=1, y=2)
        job = Job.objects.get()
        first = job.run_at
        (held,) = claim(1)
        ledger.finish([ended(held, State.DELAYED, outcome="failed", delay=timedelta(hours=1))])
        assert self.due(job) == first
        assert job.run_at > first

    def test_a_retry_does_not_either(self) -> None:
        job = failed(hours=3)
        first = job.run_at
        retry([job.pk])
        assert self.due(job) == first
        Job.objects.update(state="failed", finished_at=timezone.now())
        assert operations.preview(retry_all()).skipped == {"stale": 1}

    def test_a_task_that_puts_itself_off_says_when_it_is_due(self) -> None:
        tasks.add.enqueue(x=1, y=2)
        (held,) = claim(1)
        ledger.finish([ended(held, State.DELAYED, outcome="snoozed", delay=timedelta(hours=8), refund=1)])
        job = Job.objects.get()
        assert (job.due_at, job.run_at > timezone.now() + timedelta(hours=7)) == (None, True)

    def test_so_does_an_operator_who_sets_another_time(self) -> None:
        job = job_in(State.DELAYED, due_at=timezone.now() - timedelta(hours=5))
        reschedule([job.pk], timezone.now() + timedelta(hours=1))
        job.refresh_from_db()
        assert job.due_at is None
        Job.objects.update(due_at=timezone.now() - timedelta(hours=5))
        promote([job.pk])
        job.refresh_from_db()
        assert job.due_at is None
