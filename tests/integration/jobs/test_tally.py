"""Counts of how jobs ended, in the ledger."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from django.db import Error, transaction
from django.utils import timezone

from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.interventions import retention
from focusjobs.jobs.ledger import finish, reap
from focusjobs.jobs.models import Job, Tally
from focusjobs.jobs.telling import tally
from focusjobs.jobs.telling.tally import EVER, Counts
from focusjobs.jobs.worker import drain as worker
from focusjobs.jobs.worker import journal
from tests import tasks
from tests.threads import at_once

from .conftest import claim_one, ended

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pulse", "bells")]


@pytest.fixture(autouse=True)
def counted(monkeypatch: pytest.MonkeyPatch) -> tally.Tallies:
    """The counts of this process, begun anew."""
    tallies = tally.Tallies()
    monkeypatch.setattr(tally, "of_process", tallies)
    return tallies


def total(task: str = "tests.add") -> Tally:
    return Tally.objects.get(minute=EVER, task=task, queue="default")


def counts_of(row: Tally) -> tuple[int, int, int, int]:
    return row.completed, row.failed, row.errors, row.cancelled


def work_off() -> None:
    while worker.drain("default"):
        pass


def test_jobs_are_counted_in_their_minute_and_for_all_time(counted: tally.Tallies) -> None:
    tasks.add.enqueue_many({"x": x, "y": 0} for x in range(3))
    before = timezone.now().replace(second=0, microsecond=0)
    work_off()
    counted.flush()
    minute = Tally.objects.exclude(minute=EVER).get()
    assert before <= minute.minute <= timezone.now()
    for row in (minute, total()):
        assert (row.task, row.queue, counts_of(row)) == ("tests.add", "default", (3, 0, 0, 0))
        assert (sum(row.run_buckets), sum(row.wait_buckets)) == (3, 3)
        assert 0 < row.run_seconds < 5


def test_a_second_flush_adds_to_what_is_there(counted: tally.Tallies) -> None:
    for _ in range(2):
        tasks.add.enqueue(x=1, y=1)
        work_off()
        counted.flush()
    assert total().completed == 2
    assert sum(total().run_buckets) == 2
    assert len(total().run_buckets) == len(tally.BOUNDS) + 1


def test_a_job_that_fails_counts_each_error_and_one_failure_and_waited_once(counted: tally.Tallies) -> None:
    tasks.fail.enqueue(message="no")
    work_off()
    counted.flush()
    row = total("tests.fail")
    assert counts_of(row) == (0, 1, 3, 0)
    assert (sum(row.run_buckets), sum(row.wait_buckets)) == (3, 1)


def test_a_job_that_expired_counts_as_cancelled_and_as_no_run(counted: tally.Tallies) -> None:
    tasks.add.using(expires_at=timezone.now() - timedelta(seconds=1)).enqueue(x=1, y=1)
    work_off()
    counted.flush()
    assert counts_of(total()) == (0, 0, 0, 1)
    assert sum(total().run_buckets) + sum(total().wait_buckets) == 0


def test_the_wait_is_from_being_due_to_the_start(counted: tally.Tallies) -> None:
    made = tasks.add.enqueue(x=1, y=1)
    now = timezone.now()
    Job.objects.filter(pk=made.id).update(created_at=now - timedelta(hours=2), run_at=now - timedelta(seconds=100))
    work_off()
    counted.flush()
    assert total().wait_seconds == pytest.approx(100, abs=5)


def test_an_attempt_whose_lease_was_lost_is_not_counted(counted: tally.Tallies) -> None:
    tasks.add.enqueue(x=1, y=1)
    journal.attempts_ended([ended(claim_one())], set())
    counted.flush()
    assert not Tally.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_worker_vanished_counts_as_an_error_at_once() -> None:
    tasks.add.enqueue(x=1, y=1)
    claim_one(lease=timedelta(seconds=-1))
    reap()
    assert counts_of(total()) == (0, 0, 1, 0)


def test_counts_that_could_not_be_written_are_kept(counted: tally.Tallies, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks.add.enqueue(x=1, y=1)
    work_off()
    with monkeypatch.context() as broken:
        broken.setattr(tally, "ADD", "SELECT 1/0, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s")
        with pytest.raises(Error), transaction.atomic():
            counted.flush()
    counted.of("tests.add", "default").completed += 1
    counted.flush()
    assert total().completed == 2


def test_a_flush_is_due_after_the_interval_only(counted: tally.Tallies, monkeypatch: pytest.MonkeyPatch) -> None:
    counted.of("tests.add", "default").completed = 1
    counted.flush_if_due()
    assert not Tally.objects.exists()
    monkeypatch.setattr(tally, "INTERVAL", 0.0)
    counted.flush_if_due()
    assert total().completed == 1


def test_pruning_forgets_minutes_and_keeps_the_totals() -> None:
    tally.write([(("tests.add", "default"), Counts(completed=7))])
    Tally.objects.exclude(minute=EVER).update(minute=timezone.now() - timedelta(days=100))
    tally.write([(("tests.add", "default"), Counts(completed=1))])
    assert tally.prune(timezone.now() - timedelta(days=90)) == 1
    assert total().completed == 8
    assert Tally.objects.exclude(minute=EVER).get().completed == 1


def test_housekeeping_forgets_minutes_that_are_too_old() -> None:
    tally.write([(("tests.add", "default"), Counts(completed=7))])
    Tally.objects.exclude(minute=EVER).update(minute=timezone.now() - tally.KEPT - timedelta(hours=1))
    retention.Pruner()()
    assert [row.completed for row in Tally.objects.all()] == [7]


@pytest.mark.django_db(transaction=True)
def test_many_processes_flush_the_same_rows_at_once_and_nothing_is_lost() -> None:
    keys = [(f"task-{n}", "default") for n in range(20)]

    def flush(turn: int) -> None:
        for _ in range(10):
            tally.write([(key, Counts(completed=1)) for key in (keys if turn % 2 else keys[::-1])])

    at_once(*[partial(flush, turn) for turn in range(4)])
    assert {row.completed for row in Tally.objects.filter(minute=EVER)} == {40}


def test_a_state_that_is_finished_twice_counts_once(counted: tally.Tallies) -> None:
    tasks.add.enqueue(x=1, y=1)
    held = claim_one()
    for _ in range(2):
        journal.attempts_ended([ended(held)], finish([ended(held)]))
    counted.flush()
    assert total().completed == 1
    assert Job.objects.get().state == State.COMPLETED
