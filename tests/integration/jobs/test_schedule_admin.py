"""Schedules in the admin: what operators see, change and run."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from focusjobs.jobs import schedules
from focusjobs.jobs.models import Job, Operation, Schedule
from tests import tasks
from tests.accounts import person, superuser

pytestmark = pytest.mark.django_db
LIST = reverse("admin:jobs_schedule_changelist")
ADD = reverse("admin:jobs_schedule_add")
FORM: dict[str, Any] = {
    "name": "nightly",
    "task": tasks.add.name,
    "arguments": '{"x": 1, "y": 2}',
    "queue": "",
    "cron": "0 3 * * *",
    "every": "",
    "timezone": "Europe/Berlin",
    "enabled": "on",
    "missed": "once",
    "overlap": "on",
}


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(superuser())
    return client


def make(**fields: Any) -> Schedule:
    wanted = {"name": "nightly", "task": tasks.add.name, "arguments": {"x": 1, "y": 2}, "timezone": "Europe/Berlin"}
    schedule = Schedule(**{**wanted, **({} if "every" in fields else {"cron": "0 3 * * *"}), **fields})
    schedules.restart(schedule)
    schedule.save()
    return schedule


def change(schedule: Schedule) -> str:
    return reverse("admin:jobs_schedule_change", args=[schedule.pk])


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def act(client: Client, name: str, schedule: Schedule, **data: str) -> Any:
    return client.post(reverse(f"admin:jobs_schedule_{name}", args=[schedule.pk]), data, follow=True)


def test_the_list_says_in_plain_words_what_runs_when(admin: Client) -> None:
    schedule = make()
    job = schedules.run_now(schedule)
    page = admin.get(LIST)
    assert "At 03:00 every day, Europe/Berlin" in text(page)
    assert [f"{run:%a %-d %b %H:%M}" in text(page) for run in schedules.upcoming(schedule, 5)] == [True] * 5
    assert reverse("admin:jobs_job_change", args=[job.id]) in page.content.decode()


def test_the_list_shows_what_is_wrong_with_a_schedule(admin: Client) -> None:
    broken = make()
    Schedule.objects.update(cron="x", arguments={}, next_run_at=schedules.database_time())
    schedules.tick()
    broken.refresh_from_db()
    assert "missing a required argument" in broken.problem or "wrong number" in broken.problem
    assert broken.problem.split("“")[0] in text(admin.get(LIST)).replace("&#x27;", "'")


def test_a_schedule_is_made_with_its_next_run(admin: Client) -> None:
    assert admin.post(ADD, FORM).status_code == 302
    made = Schedule.objects.get()
    assert (made.arguments, made.declared, made.enabled) == ({"x": 1, "y": 2}, False, True)
    assert made.next_run_at is not None
    assert made.next_run_at.astimezone(ZoneInfo("Europe/Berlin")).hour == 3


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"cron": "61 * * * *"}, "bad minute"),
        ({"cron": ""}, "either a cron line or an interval"),
        ({"every": "01:00:00"}, "either a cron line or an interval"),
        ({"cron": "", "every": "00:00:00.5"}, "at least one second"),
        ({"arguments": '{"x": 1}'}, "missing a required argument"),
        ({"arguments": "[1, 2]"}, "arguments go by name"),
        ({"arguments": "{"}, "valid JSON"),
        ({"arguments": ""}, "missing a required argument"),
        ({"task": "none.such"}, "not one of the available choices"),
        ({"queue": "nowhere"}, "not one of the available choices"),
        ({"timezone": "Mars/Base"}, "not one of the available choices"),
    ],
)
def test_a_form_that_could_never_run_is_refused_with_the_reason(
    admin: Client, wrong: dict[str, str], message: str
) -> None:
    page = admin.post(ADD, FORM | wrong)
    assert page.status_code == 200
    assert message in text(page)
    assert Schedule.objects.count() == 0


def test_a_change_of_the_line_moves_the_next_run(admin: Client) -> None:
    schedule = make(problem="")
    Schedule.objects.update(problem="something old")
    assert admin.post(change(schedule), FORM | {"cron": "0 4 * * *"}).status_code == 302
    schedule.refresh_from_db()
    assert schedule.next_run_at is not None
    assert schedule.next_run_at.astimezone(ZoneInfo("Europe/Berlin")).hour == 4
    assert schedule.problem == ""


def test_a_change_of_something_else_leaves_what_ticks_wrote_meanwhile(admin: Client) -> None:
    schedule = make(every=timedelta(hours=1))
    Schedule.objects.update(next_run_at=schedules.database_time())
    schedules.tick()
    ticked = Schedule.objects.get()
    data = FORM | {"cron": "", "every": "01:00:00", "missed": "skip"}
    assert admin.post(change(schedule), data).status_code == 302
    schedule.refresh_from_db()
    assert schedule.missed == "skip"
    assert (schedule.next_run_at, schedule.last_job_id) == (ticked.next_run_at, ticked.last_job_id)


def test_the_next_run_can_be_chosen(admin: Client) -> None:
    schedule = make()
    chosen = {"run_next_at_0": "2030-01-02", "run_next_at_1": "03:04:05"}
    assert admin.post(change(schedule), FORM | chosen).status_code == 302
    schedule.refresh_from_db()
    assert f"{schedule.next_run_at:%Y-%m-%d %H:%M:%S}" == "2030-01-02 03:04:05"


def test_a_schedule_is_turned_off_and_on_from_the_list(admin: Client) -> None:
    schedule = make()
    act(admin, "switch", schedule, on="no")
    assert not Schedule.objects.get().enabled
    Schedule.objects.update(next_run_at=schedules.database_time() - timedelta(days=2))
    assert "Turned on: nightly" in text(act(admin, "switch", schedule, on="yes"))
    schedule.refresh_from_db()
    assert schedule.next_run_at is not None
    assert schedule.next_run_at > schedules.database_time()
    assert sorted(LogEntry.objects.values_list("change_message", flat=True)) == ["Turned off", "Turned on"]


def test_running_one_now_makes_its_job_and_notes_who_did_it(admin: Client) -> None:
    schedule = make(enabled=False)
    page = act(admin, "run", schedule)
    job = Job.objects.get()
    assert (job.schedule_id, job.arguments) == (schedule.pk, {"x": 1, "y": 2})
    assert f"Made job {job.id} of nightly." in text(page)
    assert LogEntry.objects.get().object_repr == "run_schedule schedule:nightly"
    assert (Operation.objects.get().subject, Operation.objects.get().done) == ("schedule:nightly", 1)


def test_running_one_that_cannot_work_says_why(admin: Client) -> None:
    schedule = make(arguments={})
    assert "missing a required argument" in text(act(admin, "run", schedule))
    assert Job.objects.count() == 0


def test_running_takes_a_right_of_its_own() -> None:
    schedule = make()
    client = Client()
    client.force_login(person("jobs.view_schedule", "jobs.change_schedule"))
    act(client, "run", schedule)
    assert Job.objects.count() == 0
    client.force_login(person("jobs.view_schedule", "jobs.run_schedule"))
    act(client, "run", schedule)
    assert Job.objects.count() == 1
    act(client, "switch", schedule, on="no")
    assert Schedule.objects.get().enabled


def test_schedules_of_the_code_are_not_deleted(admin: Client) -> None:
    declared, own = make(declared=True), make(name="own")
    assert admin.post(reverse("admin:jobs_schedule_delete", args=[declared.pk]), {"post": "yes"}).status_code == 403
    assert admin.post(reverse("admin:jobs_schedule_delete", args=[own.pk]), {"post": "yes"}).status_code == 302
    assert [schedule.name for schedule in Schedule.objects.all()] == ["nightly"]


def test_the_page_of_a_schedule_offers_a_task_of_another_release(admin: Client) -> None:
    schedule = make()
    Schedule.objects.update(task="next_release.report", queue="future")
    page = admin.get(change(schedule)).content.decode()
    assert '<option value="next_release.report" selected>' in page
    assert '<option value="future" selected>' in page


def test_the_list_costs_the_same_however_many_schedules_there_are(admin: Client) -> None:
    make()
    admin.get(LIST)
    with CaptureQueriesContext(connection) as few:
        admin.get(LIST)
    for n in range(20):
        make(name=f"more {n}")
    with CaptureQueriesContext(connection) as many:
        admin.get(LIST)
    assert len(many) == len(few)
