"""Every statement of the ledger finds its rows by an index, however many jobs there are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from focusjobs.jobs import interventions, ledger, operations
from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.interventions import retention
from focusjobs.jobs.interventions import statements as intervention_statements
from focusjobs.jobs.ledger.statements import claiming, finishing, housekeeping, inserting, limiting
from focusjobs.jobs.looking import backlog
from focusjobs.jobs.models import Job
from focusjobs.jobs.operations import control
from tests import tasks
from tests.explaining import Explaining
from tests.keeping import kept_for_module

from .conftest import LEASE, claim, ended
from .plans import ROWS, fill_jobs

jobs = kept_for_module(fill_jobs)


@pytest.fixture
def filled(jobs: None, db: None, unprepared: None) -> None:
    """Many jobs, and statements that can be explained."""


def live_a_job() -> None:
    """Send jobs through every way of the ledger."""
    made = tasks.add.using(unique_key="new:{x}").enqueue_many({"x": x, "y": 0} for x in range(100))
    tasks.add.using(unique_key="new:1").enqueue(x=1, y=0)
    tasks.add.enqueue(x=1, y=0)
    held = claim(100)
    ledger.extend([(one, None) for one in held], LEASE)
    ledger.release(held[:10])
    failed = ledger.finish([ended(one, State.FAILED) for one in held[10:50]])
    ledger.finish([ended(one, value="1") for one in held[50:]])
    ledger.other_work("default")
    claim(1, lease=timedelta(seconds=-1))
    ledger.promote()
    ledger.reap()
    ledger.queues_with_work()
    interventions.retry(failed)
    interventions.cancel([job.id for job in made], "not wanted")


def test_no_statement_reads_the_table_of_jobs_from_end_to_end(filled: None) -> None:
    explaining = Explaining("jobs_job")
    with connection.execute_wrapper(explaining):
        live_a_job()
    assert explaining.scans == []
    ways = (
        inserting.INSERT,
        inserting.INSERT_UNIQUE,
        inserting.HOLDER,
        claiming.CLAIM,
        finishing.COMPLETE,
        limiting.OTHER_WORK,
        claiming.EXTEND,
        claiming.RELEASE,
    )
    ends = (finishing.FINISH, housekeeping.PROMOTE, housekeeping.REAP, housekeeping.QUEUES_WITH_WORK)
    assert {*ways, *ends} <= explaining.seen


def operate(numbers: list[int]) -> None:
    """Do everything that operators do, and what the housekeeping does for them."""
    interventions.retry(numbers)
    interventions.promote(numbers)
    interventions.reschedule(numbers, datetime(2200, 1, 1, tzinfo=UTC))
    interventions.set_priority(numbers, 7)
    interventions.cancel(numbers, "not wanted", active=True)
    interventions.drain("imports")
    retention.clean("completed", timedelta(hours=2), limit=50)
    retention.Keep(timedelta(days=1), 100).until(State.FAILED)
    backlog.backlogs(["default", "imports"])
    ana = operations.Actor(name="Ana", source="command")
    some = operations.Wanted(action="retry", filter="state:failed since:1h", reason="why")
    operations.undo(operations.act(ana, some), ana)


def test_no_act_of_an_operator_reads_the_table_of_jobs_from_end_to_end(
    filled: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("interventions.jobs", "operations.running"):  # a twentieth of a small table is better read in one go
        monkeypatch.setattr(f"focusjobs.jobs.{module}.BATCH", 100)
    monkeypatch.setattr(control, "AT_ONCE", ROWS)
    numbers = list(Job.objects.order_by("pk").values_list("pk", flat=True)[:200])
    child, parent = Job.objects.filter(pk__in=numbers, state="failed")[:2]
    Job.objects.filter(pk=child.pk).update(parent=parent)
    explaining = Explaining("jobs_job")
    with connection.execute_wrapper(explaining):
        operate([number for number in numbers if number != parent.pk])
    assert explaining.scans == []
    whole = {text for name, text in vars(intervention_statements).items() if name.isupper() and name[0] != "_"}
    written = {text for text in whole if "jobs_job" in text}
    assert written <= explaining.seen


def test_a_job_is_found_for_celery_by_its_key(filled: None) -> None:
    explaining = Explaining("jobs_job")
    job = Job.objects.latest("id")
    with connection.execute_wrapper(explaining):
        assert tasks.add.AsyncResult(job.task_id).state
    assert explaining.seen
    assert explaining.scans == []
