"""The console's page of one job."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django_celery_results.models import TaskResult

from focusjobs.jobs.models import Attempt, Job, LogLine, Queue
from focusjobs.jobs.worker.drain import drain
from tests import tasks
from tests.accounts import operator, superuser, viewer
from tests.factories import UserFactory

from .consoles import LIST, as_client, at, make, text

pytestmark = pytest.mark.django_db

TRACE = """Traceback (most recent call last):
  File "/usr/lib/python3/site-packages/celery/app.py", line 1, in run
    go()
  File "/app/habits/tasks.py", line 7, in import_backup
    read(path)
Boom: first
"""


def test_the_page_of_a_failed_job_tells_what_for_whom_and_why() -> None:
    job = make("failed", task="habits.import_backup", user=UserFactory(email="ana@example.com"), error="Boom: no")
    job.attempt = 2
    job.save()
    Attempt.objects.create(job=job, number=1, outcome="failed", worker="7@one", error="Boom: first", traceback=TRACE)
    LogLine.objects.create(job=job, attempt=1, at=timezone.now(), level="info", line="“x” holds <8> habits.")

    response = as_client(superuser()).get(at(job))

    said = text(response)
    assert "habits.import_backup for ana@example.com failed just now after 2 attempts." in said
    assert "Nothing more happens unless it is retried." in said
    for words in ("Boom: no", "Attempt 1 failed", "Boom: first", "on 7@one", "Retry now", "line 7, in import_backup"):
        assert words in said
    assert "“x” holds &lt;8&gt; habits." in response.content.decode()
    assert reverse("admin:habits_user_change", args=[job.user_id]).encode() in response.content


def test_the_last_attempt_without_a_traceback_of_its_own_shows_the_one_that_celery_keeps() -> None:
    job = make("failed", error="Boom")
    Attempt.objects.create(job=job, number=1, outcome="failed", error="Boom")
    TaskResult.objects.create(task_id=job.task_id, status="FAILURE", result="{}", traceback="last <trace>")

    assert b"last &lt;trace&gt;" in as_client(viewer()).get(at(job)).content


def test_a_traceback_is_shown_with_and_without_the_code_of_others() -> None:
    job = make("failed")
    Attempt.objects.create(job=job, number=1, outcome="failed", error="Boom: first", traceback=TRACE)

    (event,) = [event for event in as_client(viewer()).get(at(job)).context["events"] if event.trace]

    assert [line.text for line in event.brief] == [
        '  File "/app/habits/tasks.py", line 7, in import_backup',
        "    read(path)",
        "Boom: first",
    ]
    assert len(event.trace) == 6


def test_attempts_say_what_differs_from_the_one_before() -> None:
    job, now = make("failed"), timezone.now()
    for number, worker, release, error in ((1, "7@one", "1.4", "Boom"), (2, "8@two", "1.5", "Boom")):
        told = {"number": number, "outcome": "failed", "worker": worker, "release": release, "error": error}
        Attempt.objects.create(job=job, started_at=now, finished_at=now + timedelta(seconds=10 * number), **told)

    events = as_client(viewer()).get(at(job)).context["events"]

    assert next(event for event in events if "Attempt 1" in event.title).changed == ()
    second = next(event for event in events if "Attempt 2" in event.title)
    assert second.changed == (
        *(("worker", "7@one", "8@two"), ("release", "1.4", "1.5")),
        ("took", "10 seconds", "20 seconds"),
    )


def test_the_page_shows_arguments_and_result_with_all_their_digits() -> None:
    job = make("completed", arguments={"number": 12345678901234567890123, "name": "Ä"})
    TaskResult.objects.create(task_id=job.task_id, status="SUCCESS", result='{"sum": 98765432109876543210}')

    said = text(as_client(superuser()).get(at(job)))

    assert "12345678901234567890123" in said
    assert "Ä" in said
    assert "98765432109876543210" in said


def test_the_page_of_a_waiting_job_says_why_it_does_not_run() -> None:
    Queue.objects.create(name="default", paused_at=timezone.now(), paused_by="ana", pause_reason="the disk is full")

    said = text(as_client(viewer()).get(at(make("waiting"))))

    assert "Why is it not running?" in said
    assert "paused by ana" in said
    assert "the disk is full" in said


def test_a_flow_is_shown_from_its_top_to_the_children() -> None:
    top = make("waiting_children")
    middle = make("failed", parent=top)
    children = [make("completed", parent=middle), make("failed", parent=middle, error="Boom of a child")]

    page = as_client(viewer()).get(at(middle))

    said = text(page)
    assert said.index(f"#{top.pk}") < said.index("this job")
    assert all(f"tests.add #{child.pk}" in said for child in children)
    assert "Boom of a child" in said


def test_a_viewer_is_offered_no_acts() -> None:
    page = as_client(viewer()).get(at(make("failed")))

    assert "Retry now" not in text(page)
    assert b'method="post" action="/admin/jobs/job/' not in page.content


def test_only_the_page_of_an_unfinished_job_asks_for_news() -> None:
    client, active = as_client(viewer()), make("active", progress={"done": 1, "total": 4, "note": "<counting>"})

    live = client.get(at(active), {"live": "1"}).content.decode()

    assert 'data-every="2"' in live
    assert "25 % &lt;counting&gt;" in live
    assert "<html" not in live
    assert b'data-every="0"' in client.get(at(make("completed")), {"live": "1"}).content


def test_what_is_to_be_taken_along_is_on_the_page() -> None:
    job = make("failed", error="Boom: no", arguments={"habit": 7, "token": "t0p"})
    Attempt.objects.create(job=job, number=1, outcome="failed", error="Boom: no", traceback=TRACE)

    page = as_client(viewer()).get(at(job))

    assert page.context["command"] == f"python manage.py jobs retry {job.pk}"
    report = page.context["report"]
    assert f"# Job {job.pk}: tests.add" in report
    assert '"habit": 7' in report
    assert "t0p" not in report
    assert 'File "/app/habits/tasks.py", line 7' in report


@pytest.mark.parametrize("state", ["completed", "waiting", "active"])
def test_the_command_for_a_job_that_cannot_be_retried_shows_it(state: str) -> None:
    job = make(state)

    assert as_client(viewer()).get(at(job)).context["command"] == f"python manage.py jobs show {job.pk}"


def test_pages_hold_no_script_or_style_of_their_own() -> None:
    client, job = as_client(superuser()), make("failed")

    for url in (LIST, at(job), reverse("admin:jobs_overview"), reverse("admin:index")):
        html = client.get(url).content.decode()
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\bsrc=)", html), url


def test_a_job_that_is_gone_is_not_found() -> None:
    for key in ("987654", "nonsense", "9" * 30):
        assert as_client(viewer()).get(reverse("admin:jobs_job_change", args=[key])).status_code == 404


@pytest.mark.usefixtures("pulse")
@pytest.mark.django_db(transaction=True)
def test_a_failed_job_that_is_retried_runs_again_and_keeps_its_history() -> None:
    number = tasks.fail_first.using(attempts=1).enqueue(times=1).id
    drain("default")
    job = Job.objects.get(pk=number)
    assert job.state == "failed"

    as_client(operator()).post(at(job, "retry"))
    drain("default")

    page = as_client(superuser()).get(at(job))
    assert "completed just now" in text(page)
    titles = [event.title for event in page.context["events"]]
    assert [title.split(" by ")[0] for title in titles] == [
        *("Enqueued", "Attempt 1 failed", "Retried", "Attempt 2 completed"),
    ]


@pytest.mark.parametrize("model", ["operation", "errorgroup", "job"])
@pytest.mark.parametrize("after", ["here", "[]", "{}", '["x"]', "[1, 2, 3]", "null"])
def test_the_cursor_of_no_page_leads_to_the_list(model: str, after: str) -> None:
    address = reverse(f"admin:jobs_{model}_changelist")
    answer = as_client(superuser()).get(address, {"after": after}, follow=True)
    assert (answer.status_code, answer.request["PATH_INFO"]) == (200, address)
