"""Operations that take their time: canaries, what became of the jobs, workers that go on where others stopped."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from focusjobs.jobs import ledger, operations
from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.interventions import retention
from focusjobs.jobs.models import Job, Operation, OperationJob
from focusjobs.jobs.operations import Actor, Wanted, control, following, running
from focusjobs.jobs.worker import maintenance
from focusjobs.jobs.worker.pulse import Pulse

from .conftest import claim, ended
from .drains import drain
from .rows import job_in

pytestmark = pytest.mark.django_db

ANA = Actor(name="Ana", source="command")


def retry_all(**options: Any) -> Wanted:
    return Wanted(**{"action": "retry", "filter": "state:failed task:tests.*", "reason": "why", **options})


def failed(count: int) -> list[Job]:
    return [job_in(State.FAILED) for _ in range(count)]


def end(outcomes: str) -> None:
    """Let a worker take a job for each letter and end it: c completes, f fails, r is to be tried again."""
    states = {"c": State.COMPLETED, "f": State.FAILED, "r": State.DELAYED}
    held = claim(len(outcomes))
    assert len(held) == len(outcomes)
    ends = [
        ended(claim, states[letter], outcome="completed" if letter == "c" else "failed")
        for claim, letter in zip(held, outcomes, strict=True)
    ]
    ledger.finish(ends)


def look_again(operation: Operation) -> Operation:
    """Do what housekeeping and a worker do once it is time."""
    running.advance(operation.pk)
    operation.refresh_from_db()
    return operation


class TestCanaries:
    def test_they_go_first_and_the_rest_waits_for_them(self) -> None:
        failed(10)
        operation = operations.act(ANA, retry_all(canary=5))
        assert (operation.state, operation.done) == ("canary", 5)
        assert Job.objects.filter(state="waiting").count() == 5
        end("cccc")
        assert look_again(operation).state == "canary"
        end("c")
        assert (look_again(operation).state, operation.done) == ("holding", 10)
        assert Job.objects.filter(state="delayed").count() == 5

    def test_one_of_five_may_fail_again(self) -> None:
        failed(10)
        operation = operations.act(ANA, retry_all(canary=5))
        end("fcccc")
        assert look_again(operation).done == 10

    def test_more_stop_it_at_once(self) -> None:
        failed(10)
        operation = operations.act(ANA, retry_all(canary=5))
        end("ff")
        operation = look_again(operation)
        assert (operation.state, operation.message) == ("stopped", "2 of 5 canaries failed again.")
        assert (operation.done, Job.objects.filter(state="failed").count()) == (5, 7)
        assert operations.has_rest(operation)

    def test_an_attempt_that_failed_counts_though_the_job_will_be_tried_again(self) -> None:
        failed(10)
        operation = operations.act(ANA, retry_all(canary=5))
        end("rr")
        assert look_again(operation).state == "stopped"

    def test_the_rest_is_done_without_those_that_failed_again(self) -> None:
        failed(10)
        operation = operations.act(ANA, retry_all(canary=5))
        end("fffcc")
        rest = operations.rest(look_again(operation), ANA)
        assert (rest.done, rest.canary) == (5, 0)

    def test_fewer_jobs_than_canaries_are_all_there_is(self) -> None:
        failed(3)
        operation = operations.act(ANA, retry_all(canary=5))
        assert (operation.state, operation.done) == ("finished", 3)

    @pytest.mark.parametrize("wrong", [{"canary": -1}, {"canary": 5, "canary_share": 1.0}, {"rate": 0}])
    def test_what_cannot_be_is_refused(self, wrong: dict[str, Any]) -> None:
        failed(1)
        with pytest.raises(operations.control.OperationRefused):
            operations.plan(ANA, retry_all(**wrong))


class TestFollowing:
    def test_what_became_of_the_jobs_is_counted_as_they_end(self) -> None:
        failed(4)
        operation = operations.act(ANA, retry_all(hold=timedelta(0)))
        end("cf")
        operation = look_again(operation)
        assert (operation.completed, operation.failed_again, operation.settled_at) == (1, 1, None)
        assert operation.wake_at is not None
        end("cc")
        operation = look_again(operation)
        assert (operation.completed, operation.failed_again) == (3, 1)
        assert (operation.settled_at is not None, operation.wake_at) == (True, None)
        assert sorted(operation.jobs.values_list("outcome", flat=True)) == ["completed"] * 3 + ["failed"]

    def test_a_job_that_was_retried_again_counts_there(self) -> None:
        job = failed(1)[0]
        first = operations.act(ANA, retry_all(hold=timedelta(0)))
        end("f")
        second = operations.act(ANA, Wanted(action="retry", ids=[job.pk]))
        end("c")
        look_again(first)
        look_again(second)
        assert list(OperationJob.objects.order_by("pk").values_list("outcome", flat=True)) == ["other", "completed"]
        assert (first.failed_again, second.completed) == (0, 1)

    def test_long_operations_are_followed_in_stretches(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(following, "STRETCH", 2)
        failed(5)
        operation = operations.act(ANA, retry_all(hold=timedelta(0)))
        end("ccccc")
        assert look_again(operation).completed == 5

    def test_looks_become_rarer(self) -> None:
        now = timezone.now()
        ages = (timedelta(0), timedelta(minutes=5), timedelta(days=1))
        waits = [following.next_look(Operation(started_at=now - age), now) - now for age in ages]
        assert waits == [timedelta(seconds=1), timedelta(seconds=30), timedelta(minutes=5)]

    def test_a_job_that_is_forgotten_is_waited_for_no_longer(self) -> None:
        failed(1)
        operation = operations.act(ANA, retry_all(hold=timedelta(0)))
        end("c")
        Job.objects.filter(state="completed").update(finished_at=timezone.now() - timedelta(days=30))
        retention.prune()
        assert not Job.objects.filter(task="tests.add").exists()
        assert look_again(operation).settled_at is not None


class TestWorkers:
    @pytest.fixture(autouse=True)
    def in_the_background(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(control, "AT_ONCE", 0)

    def test_a_worker_does_it(self, pulse: Pulse) -> None:
        failed(3)
        operation = operations.act(ANA, retry_all(hold=timedelta(0)))
        assert operation.state == "running"
        drain("operations")
        operation.refresh_from_db()
        assert (operation.state, operation.done) == ("finished", 3)

    def test_it_goes_on_in_another_job_when_its_time_is_up(self, pulse: Pulse, monkeypatch: pytest.MonkeyPatch) -> None:
        advance, turns = running.advance, iter([0.0, None])
        monkeypatch.setattr(running, "advance", lambda number, seconds: advance(number, next(turns)))
        failed(3)
        operation = operations.act(ANA, retry_all())
        drain("operations")
        assert Job.objects.filter(queue="operations", state="completed").count() == 2
        operation.refresh_from_db()
        assert operation.done == 3

    def test_housekeeping_calls_those_whose_time_has_come(self) -> None:
        failed(1)
        operation = operations.act(ANA, retry_all())
        Job.objects.filter(queue="operations").delete()
        maintenance.keep_house()
        assert not Job.objects.filter(queue="operations").exists()
        Operation.objects.update(wake_at=timezone.now() - timedelta(seconds=1))
        maintenance.keep_house()
        maintenance.keep_house()
        assert Job.objects.get(queue="operations").arguments == {"operation": operation.pk}

    def test_a_filter_that_is_not_understood_any_more_stops_it(self, pulse: Pulse) -> None:
        failed(1)
        operation = operations.plan(ANA, retry_all())
        Operation.objects.update(filter="gone:1")
        operations.start(operation)
        drain("operations")
        operation.refresh_from_db()
        assert operation.state == "stopped"
        assert operation.message.startswith("There is no filter “gone:”")

    def test_an_error_that_stays_stops_it_and_says_so(self, pulse: Pulse, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(operation: int, seconds: float) -> bool:
            raise RuntimeError("out of luck")

        failed(1)
        operation = operations.act(ANA, retry_all())
        monkeypatch.setattr(running, "advance", broken)
        monkeypatch.setattr("focusjobs.jobs.declaring.definition.Task.backoff", None)
        Job.objects.filter(queue="operations").update(attempt=4)
        drain("operations")
        operation.refresh_from_db()
        assert (operation.state, operation.message) == ("stopped", "RuntimeError: out of luck")
