"""The log lines of jobs: one for each change of state."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from focusjobs.jobs import ledger
from focusjobs.jobs.worker import drain as worker
from focusjobs.jobs.worker import journal
from tests import tasks

from .conftest import claim_one, ended

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pulse", "bells")]
JOURNAL = "focusjobs.jobs.worker.journal"


@pytest.fixture(autouse=True)
def info(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, JOURNAL)
    caplog.set_level(logging.INFO, "focusjobs.jobs.telling.changes")


def said(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    names = (JOURNAL, "focusjobs.jobs.telling.changes")
    return [(record.levelname, record.getMessage()) for record in caplog.records if record.name in names]


def work_off() -> None:
    while worker.drain("default"):
        pass


def test_a_success_is_said_only_where_debugging_is_wanted(caplog: pytest.LogCaptureFixture) -> None:
    tasks.add.enqueue(x=1, y=1)
    work_off()
    assert said(caplog) == []
    caplog.set_level(logging.DEBUG, JOURNAL)
    number = tasks.add.enqueue(x=1, y=1).id
    work_off()
    assert said(caplog) == [("DEBUG", f"job {number} completed")]


def test_jobs_that_are_enqueued_are_said_where_debugging_is_wanted(caplog: pytest.LogCaptureFixture) -> None:
    inserting = "focusjobs.jobs.ledger.inserting"
    caplog.set_level(logging.DEBUG, inserting)
    made = tasks.add.enqueue_many({"x": x, "y": 0} for x in range(3))
    (record,) = [record for record in caplog.records if record.name == inserting]
    assert record.getMessage() == "3 jobs of tests.add written"
    assert vars(record)["job_ids"] == [job.id for job in made]


def test_each_failed_attempt_is_a_warning_and_the_last_an_error(caplog: pytest.LogCaptureFixture) -> None:
    number = tasks.fail.enqueue(message="no").id
    work_off()
    retrying = ("WARNING", f"job {number} retrying")
    assert said(caplog) == [retrying, retrying, ("ERROR", f"job {number} failed")]
    fields = vars(caplog.records[-1])
    told = {name: fields[name] for name in ("job_id", "task", "attempt", "state", "error")}
    assert told == {
        "job_id": number,
        "task": "tests.fail",
        "attempt": 3,
        "state": "failed",
        "error": "RuntimeError: no",
    }


@pytest.mark.parametrize(("how", "word"), [("cancel", "cancelled"), ("snooze", "snoozed")])
def test_a_job_that_steers_itself_is_no_warning(how: str, word: str, caplog: pytest.LogCaptureFixture) -> None:
    number = tasks.steer.enqueue(how=how).id
    work_off()
    assert said(caplog) == [("INFO", f"job {number} {word}")]


def test_an_attempt_that_lost_its_lease_is_said_to_have_changed_nothing(caplog: pytest.LogCaptureFixture) -> None:
    number = tasks.add.enqueue(x=1, y=1).id
    journal.attempts_ended([ended(claim_one())], set())
    assert said(caplog) == [("WARNING", f"job {number} was another worker's when it ended; nothing was written")]


@pytest.mark.django_db(transaction=True)
def test_a_vanished_worker_is_a_warning_and_too_many_of_them_an_error(caplog: pytest.LogCaptureFixture) -> None:
    number = tasks.add.enqueue(x=1, y=1).id
    for _ in range(4):
        claim_one(lease=timedelta(seconds=-1))
        ledger.reap()
    stalled = ("WARNING", f"job {number} stalled")
    assert said(caplog) == [stalled, stalled, stalled, ("ERROR", f"job {number} failed")]


def test_what_a_task_logs_says_of_which_job_it_is(caplog: pytest.LogCaptureFixture) -> None:
    from focusjobs.logs import correlation

    seen: list[object] = []

    class Listening(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(dict(correlation.fields()))

    listening = Listening()
    logging.getLogger("focusjobs.jobs.context").addHandler(listening)
    caplog.set_level(logging.INFO, "focusjobs.jobs.context")
    number = tasks.report.enqueue(steps=1).id
    work_off()
    logging.getLogger("focusjobs.jobs.context").removeHandler(listening)
    assert seen == [{"job_id": number, "task": "tests.report", "attempt": 1}]
    assert correlation.fields() == {}
