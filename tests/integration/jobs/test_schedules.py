"""Schedules on a real database: one job a tick, missed ticks, rows that cannot work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from focusjobs.jobs import ledger, schedules
from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.errors import InvalidJob
from focusjobs.jobs.models import Job, Schedule
from focusjobs.jobs.worker.maintenance import keep_house
from tests import tasks
from tests.integration.jobs.conftest import claim
from tests.threads import at_once

HOUR = timedelta(hours=1)
on_connections = pytest.mark.django_db(transaction=True)
pytestmark = pytest.mark.django_db


def now() -> datetime:
    return schedules.database_time()


def make(late: timedelta = timedelta(0), **fields: Any) -> Schedule:
    """A schedule of `tests.add` every hour whose tick has been due for `late`."""
    wanted: dict[str, Any] = {
        "name": f"schedule {Schedule.objects.count() + 1}",
        "task": tasks.add.name,
        "arguments": {"x": 1, "y": 2},
        "next_run_at": now() - late,
        **({} if "cron" in fields else {"every": HOUR}),
    }
    return Schedule.objects.create(**wanted | fields)


def jobs_of(schedule: Schedule) -> list[Job]:
    return list(Job.objects.filter(schedule=schedule).order_by("id"))


def test_a_due_schedule_makes_its_job_and_moves_on_by_its_interval_without_drift() -> None:
    schedule = make(timedelta(minutes=7))
    due = schedule.next_run_at
    assert schedules.tick() == 1
    (job,) = jobs_of(schedule)
    assert (job.task, job.queue, job.arguments, job.state) == ("tests.add", "default", {"x": 1, "y": 2}, State.WAITING)
    assert job.run_at == due
    schedule.refresh_from_db()
    assert schedule.next_run_at == due + HOUR
    assert (schedule.last_job_id, schedule.problem) == (job.id, "")
    assert schedules.tick() == 0


def test_a_schedule_that_is_not_due_or_off_makes_nothing() -> None:
    make(-HOUR)
    make(HOUR, enabled=False)
    make(next_run_at=None)
    assert schedules.tick() == 0
    assert Job.objects.count() == 0


def test_a_cron_schedule_ticks_in_its_zone() -> None:
    schedule = make(cron="30 3 * * *", timezone="Asia/Kathmandu")
    schedules.tick()
    schedule.refresh_from_db()
    assert schedule.next_run_at is not None
    assert schedule.next_run_at > now()
    assert (schedule.next_run_at.hour, schedule.next_run_at.minute) == (21, 45)


def test_housekeeping_makes_the_jobs_of_due_schedules_and_rings_their_queue(
    bells: redis.Redis, django_capture_on_commit_callbacks: Any
) -> None:
    schedule = make()
    with django_capture_on_commit_callbacks(execute=True):
        assert keep_house()
    assert len(jobs_of(schedule)) == 1
    assert bells.llen("default") == 1


def test_the_job_and_the_next_tick_commit_together_or_not_at_all() -> None:
    schedule = make()
    due = schedule.next_run_at
    with transaction.atomic():
        assert schedules.tick() == 1
        transaction.set_rollback(True)  # as a crash before the commit would
    schedule.refresh_from_db()
    assert (schedule.next_run_at, jobs_of(schedule)) == (due, [])


@on_connections
def test_each_tick_makes_one_job_however_many_processes_tick() -> None:
    made = [make(), make(missed=Schedule.Missed.ALL, late=3 * HOUR), make(overlap=False)]
    ticked = at_once(*[lambda: sum(schedules.tick() for _ in range(25))] * 4)
    assert sum(ticked) == 6
    assert [len(jobs_of(schedule)) for schedule in made] == [1, 4, 1]


@on_connections
def test_a_tick_goes_past_a_schedule_that_another_process_holds(elsewhere: Any) -> None:
    held, free = make(), make()
    with transaction.atomic():
        Schedule.objects.select_for_update().get(pk=held.pk)
        assert elsewhere(schedules.tick) == 1
    assert [len(jobs_of(held)), len(jobs_of(free))] == [0, 1]


class TestMissedTicks:
    def test_once_makes_one_job_for_all_of_them(self) -> None:
        schedule = make(5 * HOUR + timedelta(minutes=1))
        due = schedule.next_run_at
        assert schedules.tick() == 1
        schedule.refresh_from_db()
        assert jobs_of(schedule)[0].run_at == due + 5 * HOUR
        assert schedule.next_run_at == due + 6 * HOUR

    def test_skip_makes_none_and_says_so(self) -> None:
        schedule = make(5 * HOUR + timedelta(minutes=2), missed=Schedule.Missed.SKIP)
        due = schedule.next_run_at
        assert schedules.tick() == 0
        schedule.refresh_from_db()
        assert schedule.next_run_at == due + 6 * HOUR
        assert "missed and skipped" in schedule.problem

    def test_skip_takes_a_tick_for_on_time_that_is_less_than_a_minute_late(self) -> None:
        schedule = make(5 * HOUR + timedelta(seconds=30), missed=Schedule.Missed.SKIP)
        assert schedules.tick() == 1
        assert len(jobs_of(schedule)) == 1

    def test_all_makes_a_job_for_each_in_their_order(self) -> None:
        schedule = make(3 * HOUR + timedelta(minutes=1), missed=Schedule.Missed.ALL)
        due = schedule.next_run_at
        assert schedules.tick() == 4
        assert [job.run_at for job in jobs_of(schedule)] == [due + n * HOUR for n in range(4)]

    def test_all_makes_at_most_the_newest_hundred_and_says_so(self) -> None:
        schedule = make(timedelta(days=40), missed=Schedule.Missed.ALL)
        due = schedule.next_run_at
        assert schedules.tick() == schedules.MAX_MISSED == 100
        schedule.refresh_from_db()
        assert jobs_of(schedule)[-1].run_at == due + timedelta(days=40)
        assert "the newest 100" in schedule.problem

    def test_what_passed_while_a_schedule_was_off_is_not_missed(self) -> None:
        schedule = make(timedelta(days=3), enabled=False, missed=Schedule.Missed.ALL)
        assert schedules.set_enabled([schedule.pk], True) == [schedule]
        schedule.refresh_from_db()
        assert schedule.next_run_at is not None
        assert schedule.next_run_at > now()
        assert schedules.tick() == 0


class TestOverlap:
    def test_a_tick_makes_no_job_while_the_one_before_is_unfinished(self) -> None:
        schedule = make(overlap=False)
        schedules.tick()
        (first,) = jobs_of(schedule)
        Schedule.objects.update(next_run_at=now())
        assert schedules.tick() == 0
        schedule.refresh_from_db()
        assert schedule.problem == f"Its job {first.id} was unfinished, so that this tick made none."
        assert schedule.next_run_at is not None
        assert schedule.next_run_at > now()

    def test_the_series_goes_on_when_that_job_ends(self) -> None:
        schedule = make(overlap=False)
        schedules.tick()
        Job.objects.update(state=State.FAILED, finished_at=now())
        Schedule.objects.update(next_run_at=now())
        assert schedules.tick() == 1
        schedule.refresh_from_db()
        assert schedule.problem == ""

    def test_jobs_that_may_overlap_are_made_while_one_runs(self) -> None:
        schedule = make()
        schedules.tick()
        assert len(claim()) == 1
        Schedule.objects.update(next_run_at=now())
        assert schedules.tick() == 1
        assert len(jobs_of(schedule)) == 2


class TestBadRows:
    @pytest.mark.parametrize(
        ("fields", "why"),
        [
            ({"arguments": {"x": 1}}, "missing a required argument: 'y'"),
            ({"arguments": [1, 2]}, "arguments go by name"),
            ({"queue": "nowhere"}, "There is no queue “nowhere”"),
            ({"cron": "61 * * * *"}, "bad minute"),
            ({"timezone": "Mars/Base"}, "no time zone “Mars/Base”"),
        ],
    )
    def test_one_says_what_is_wrong_and_holds_up_no_other(self, fields: dict[str, Any], why: str) -> None:
        bad, good = make(HOUR, **fields), make()
        assert schedules.tick() == 1
        assert len(jobs_of(good)) == 1
        bad.refresh_from_db()
        assert why in bad.problem
        assert bad.next_run_at is None or bad.next_run_at > now()

    def test_a_task_that_this_process_does_not_have_leaves_the_tick_to_one_that_has_it(self) -> None:
        schedule = make(task="next_release.report")
        assert schedules.tick() == 0
        schedule.refresh_from_db()
        assert schedule.problem == "There is no task “next_release.report” here."
        Schedule.objects.update(task="tests.add")  # as a worker of that release would see it
        assert schedules.tick() == 1
        schedule.refresh_from_db()
        assert schedule.problem == ""

    def test_the_same_problem_is_written_once(self) -> None:
        make(task="next_release.report")
        schedules.tick()
        with CaptureQueriesContext(connection) as queries:
            schedules.tick()
        assert not [query["sql"] for query in queries if query["sql"].startswith(("UPDATE", "INSERT"))]

    def test_an_unreachable_database_is_not_taken_for_a_bad_row(self, monkeypatch: pytest.MonkeyPatch) -> None:
        schedule = make()

        def refuse(jobs: Any) -> Any:
            raise OperationalError("the connection is closed")

        monkeypatch.setattr(ledger, "insert", refuse)
        with pytest.raises(OperationalError):
            schedules.tick()
        schedule.refresh_from_db()
        assert schedule.problem == ""

    def test_faults_are_told_by_field(self) -> None:
        schedule = make(task="none.such", cron="x", timezone="Nowhere")
        assert sorted(schedules.faults(schedule)) == ["cron", "task", "timezone"]
        assert sorted(schedules.faults(make(queue="nowhere"))) == ["queue"]
        assert sorted(schedules.faults(make(arguments={"z": 1}))) == ["arguments"]
        assert schedules.faults(make()) == {}


class TestRunNow:
    def test_it_makes_a_job_and_leaves_the_ticks_alone(self) -> None:
        schedule = make(-HOUR, enabled=False)
        due = schedule.next_run_at
        job = schedules.run_now(schedule)
        schedule.refresh_from_db()
        assert (schedule.next_run_at, schedule.last_job_id) == (due, job.id)
        assert [made.id for made in jobs_of(schedule)] == [job.id]

    def test_it_answers_an_unfinished_job_where_jobs_must_not_overlap(self) -> None:
        schedule = make(overlap=False)
        first, second = schedules.run_now(schedule), schedules.run_now(schedule)
        assert (second.id, second.created) == (first.id, False)

    def test_it_refuses_what_could_never_run(self) -> None:
        with pytest.raises(InvalidJob, match="no task"):
            schedules.run_now(make(task="none.such"))


def test_the_next_runs_are_told_in_the_zone_of_the_schedule() -> None:
    next_run = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    schedule = make(cron="30 2 * * *", timezone="Europe/Berlin", next_run_at=next_run)
    runs = schedules.upcoming(schedule, 2)
    assert [run.isoformat() for run in runs] == ["2026-10-25T02:30:00+01:00", "2026-10-26T02:30:00+01:00"]
    assert schedules.words(schedule) == "At 02:30 every day, Europe/Berlin"
    schedule.enabled = False
    assert schedules.upcoming(schedule, 2) == []


def test_ending_failing_or_removing_a_job_does_not_touch_the_series() -> None:
    schedule = make()
    schedules.tick()
    Job.objects.update(state=State.FAILED, finished_at=now())
    schedule.refresh_from_db()
    due = schedule.next_run_at
    Job.objects.all().delete()
    schedule.refresh_from_db()
    assert schedule.next_run_at == due
    Schedule.objects.update(next_run_at=now())
    assert schedules.tick() == 1


def test_a_schedule_that_is_removed_leaves_its_jobs() -> None:
    make()
    schedules.tick()
    Schedule.objects.all().delete()
    job = Job.objects.get()
    assert (job.schedule_id, job.task) == (None, tasks.add.name)


def test_looking_for_due_schedules_reads_an_index() -> None:
    later = now() + HOUR
    Schedule.objects.bulk_create(
        Schedule(name=f"later {n}", task=tasks.add.name, every=HOUR, next_run_at=later) for n in range(2_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE jobs_schedule")
    assert "schedule_due" in Schedule.objects.filter(schedules.DUE).explain()
