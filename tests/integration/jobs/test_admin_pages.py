"""The console's page of one job."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from django.utils import timezone
from django_celery_results.models import TaskResult

from focusjobs.jobs.models import Attempt, LogLine
from tests.accounts import superuser, viewer
from tests.factories import UserFactory

from .consoles import LIST, as_client, at, make, text
from .test_plans import Explaining, filled  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db


def test_the_page_of_a_failed_job_tells_what_for_whom_and_why() -> None:
    job = make("failed", task="habits.import_backup", user=UserFactory(email="ana@example.com"), error="Boom: no")
    job.attempt = 2
    job.save()
    Attempt.objects.create(job=job, number=1, outcome="failed", worker="7@one", error="Boom: first", traceback="line 1")
    LogLine.objects.create(job=job, attempt=1, at=timezone.now(), level="info", line="“x” holds <8> habits.")
    stored = {"exc_type": "Boom"}
    TaskResult.objects.create(task_id=job.task_id, status="FAILURE", result=str(stored), traceback="last <trace>")

    response = as_client(superuser()).get(at(job))

    said = text(response)
    assert "habits.import_backup for ana@example.com failed just now after 2 attempts." in said
    assert "Nothing more happens unless it is retried." in said
    for words in ("Boom: no", "Attempt 1 failed", "Boom: first", "line 1", "on 7@one", "Retry this job"):
        assert words in said
    assert b"last &lt;trace&gt;" in response.content
    assert "“x” holds &lt;8&gt; habits." in response.content.decode()
    assert reverse("admin:habits_user_change", args=[job.user_id]).encode() in response.content


def test_the_page_shows_arguments_and_result_with_all_their_digits() -> None:
    job = make("completed", arguments={"number": 12345678901234567890123, "name": "Ä"})
    TaskResult.objects.create(task_id=job.task_id, status="SUCCESS", result='{"sum": 98765432109876543210}')

    said = text(as_client(superuser()).get(at(job)))

    assert "12345678901234567890123" in said
    assert "Ä" in said
    assert "98765432109876543210" in said


def test_a_viewer_is_offered_no_acts() -> None:
    said = text(as_client(viewer()).get(at(make("failed"))))

    assert "Retry this job" not in said
    assert "Retry …" not in text(as_client(viewer()).get(LIST))


def test_only_the_page_of_an_unfinished_job_asks_for_news() -> None:
    client, active = as_client(viewer()), make("active", progress={"done": 1, "total": 4, "note": "<counting>"})

    live = client.get(at(active, "live"))

    assert f'data-live="{at(active, "live")}"' in live.content.decode()
    assert "25 % &lt;counting&gt;" in live.content.decode()
    assert b"data-live" not in client.get(at(make("completed"), "live")).content


def test_pages_hold_no_script_or_style_of_their_own() -> None:
    client, job = as_client(superuser()), make("failed")

    for url in (LIST, at(job), at(job, "live")):
        html = client.get(url).content.decode()
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\b(src=|type=\"application/json\"))", html), url


def test_a_job_that_is_gone_is_not_found() -> None:
    assert as_client(viewer()).get(reverse("admin:jobs_job_change", args=[987654])).status_code == 404
    assert as_client(viewer()).get(reverse("admin:jobs_job_change", args=["nonsense"])).status_code == 404
