"""`manage.py schedules`, `manage.py run_schedule`, and beat's scheduler."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery.beat import Service
from django.core.management import CommandError, call_command
from django.db import OperationalError

from focusjobs.celery import app
from focusjobs.jobs import beat, schedules
from focusjobs.jobs.beat import LedgerScheduler
from focusjobs.jobs.models import Job, Schedule
from tests import tasks

pytestmark = pytest.mark.django_db


def run(*command: str) -> str:
    output = io.StringIO()
    call_command(*command, stdout=output)
    return output.getvalue()


def make(**fields: Any) -> Schedule:
    wanted = {"name": "sums", "task": tasks.add.name, "arguments": {"x": 1, "y": 2}, "cron": "30 3 * * *"}
    return Schedule.objects.create(**wanted | fields)


class TestSchedules:
    def test_they_are_listed_as_a_table(self) -> None:
        make(timezone="Asia/Kathmandu", next_run_at=datetime(2026, 3, 1, 21, 45, tzinfo=UTC))
        make(name="off", cron="", every=timedelta(minutes=5), enabled=False, problem="It is broken.")
        header, sums, off = sorted(run("schedules").splitlines(), key=lambda line: not line.startswith("name"))[:3]
        assert header.split() == ["name", "task", "runs", "enabled", "next_run", "last_run", "last_job", "problem"]
        rows = {line.split()[0]: line for line in (sums, off)}
        assert "At 03:30 every day, Asia/Kathmandu" in rows["sums"]
        assert "2026-03-02T03:30:00+05:45" in rows["sums"]
        assert "Every 5 minutes" in rows["off"]
        assert rows["off"].endswith("It is broken.")

    def test_they_are_listed_as_json(self) -> None:
        make(next_run_at=datetime(2026, 3, 1, 3, 30, tzinfo=UTC))
        (found,) = json.loads(run("schedules", "--json"))
        assert found == {
            "name": "sums",
            "task": "tests.add",
            "arguments": {"x": 1, "y": 2},
            "runs": "At 03:30 every day, UTC",
            "enabled": True,
            "declared": False,
            "next_run": "2026-03-01T03:30:00+00:00",
            "last_run": None,
            "last_job": None,
            "problem": "",
        }

    def test_that_there_are_none_is_said(self) -> None:
        assert run("schedules") == "There are no schedules.\n"


class TestRunSchedule:
    def test_it_makes_the_job(self) -> None:
        schedule = make()
        said = run("run_schedule", "sums")
        job = Job.objects.get()
        assert (said, job.schedule_id) == (f"Job {job.id}\n", schedule.pk)

    def test_it_names_the_unfinished_job_where_jobs_must_not_overlap(self) -> None:
        make(overlap=False)
        run("run_schedule", "sums")
        assert run("run_schedule", "sums") == f"Job {Job.objects.get().id} is unfinished; no other was made.\n"

    def test_it_says_that_there_is_no_such_schedule(self) -> None:
        with pytest.raises(CommandError, match="no schedule “none”"):
            run("run_schedule", "none")

    def test_it_says_what_is_wrong_with_the_schedule(self) -> None:
        make(arguments={})
        with pytest.raises(CommandError, match="missing a required argument"):
            run("run_schedule", "sums")


class TestBeat:
    def test_celery_s_beat_uses_it(self) -> None:
        assert isinstance(Service(app, scheduler_cls=app.conf.beat_scheduler).get_scheduler(lazy=True), LedgerScheduler)

    def test_a_tick_makes_the_jobs_of_due_schedules_and_waits_a_second_at_most(self) -> None:
        make(next_run_at=schedules.database_time())
        assert LedgerScheduler(app=app).tick() <= 1
        assert Job.objects.count() == 1

    def test_entries_of_the_settings_are_sent_as_celery_messages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        entry = {"task": "package.clean", "schedule": timedelta(hours=1), "options": {"queue": "default"}}
        monkeypatch.setitem(app.conf.beat_schedule, "clean", entry)
        scheduler = LedgerScheduler(app=app)
        sent: list[str] = []
        monkeypatch.setattr(scheduler, "send_task", lambda name, *args, **options: sent.append(name))
        monkeypatch.setattr(LedgerScheduler, "producer", None)
        scheduler.tick()
        assert sent == []
        scheduler.schedule["clean"].last_run_at = datetime.now(UTC) - timedelta(hours=2)
        scheduler.populate_heap()
        scheduler.tick()
        assert sent == ["package.clean"]

    def test_results_of_jobs_are_not_cleaned_behind_the_ledger(self) -> None:
        assert "celery.backend_cleanup" not in LedgerScheduler(app=app).schedule

    def test_it_goes_on_while_the_database_is_away(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse() -> int:
            raise OperationalError("the connection is closed")

        closed: list[bool] = []
        monkeypatch.setattr(schedules, "tick", refuse)
        monkeypatch.setattr(beat.connection, "close", lambda: closed.append(True))
        assert LedgerScheduler(app=app).tick() <= 1
        assert closed == [True]
