"""The console's list of jobs: cost, order, search and filters."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_celery_results.models import GroupResult, TaskResult

from focusjobs.jobs.domain.identity import task_id_of
from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.models import Job
from focusjobs.jobs.worker import drain
from tests import tasks
from tests.accounts import operator, superuser, viewer
from tests.factories import UserFactory

from .consoles import LIST, as_client, at, make, text
from .test_plans import Explaining, filled  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db


def numbers(response: Any) -> list[int]:
    return [job.pk for job in response.context["cl"].result_list]


def seed(count: int) -> None:
    """Completed jobs, a failed one in ten, each ended a second after the one before."""
    start = timezone.now() - timedelta(days=1)
    someone = UserFactory()
    Job.objects.bulk_create(
        Job(
            task="tests.add",
            queue="default",
            state="completed" if number % 10 else "failed",
            error="" if number % 10 else "RuntimeError",
            user=someone,
            finished_at=start + timedelta(seconds=number),
        )
        for number in range(count)
    )


@pytest.mark.parametrize("query", ["", "?state=failed", "?state=completed", "?queue=default&task=tests.add"])
def test_a_list_costs_the_same_queries_however_many_jobs_there_are_and_counts_no_table(query: str) -> None:
    client = as_client(superuser())
    seed(60)
    client.get(LIST)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(LIST + query)
    seed(3_000)
    with CaptureQueriesContext(connection) as many:
        response = client.get(LIST + query)

    assert len(numbers(response)) == 50
    assert len(many) == len(few) < 30
    on_jobs = [row["sql"] for row in many if '"jobs_job"' in row["sql"]]
    assert on_jobs
    assert all(re.search(r"LIMIT (51|1001)\b", sql) for sql in on_jobs)
    assert not any("OFFSET" in sql or "DISTINCT" in sql for sql in on_jobs)
    assert not any('"arguments"' in sql for sql in on_jobs)


@pytest.mark.parametrize("query", ["", "state=failed", "state=completed"])
def test_the_pages_of_a_list_hold_every_job_once_both_ways(query: str) -> None:
    seed(180)
    client = as_client(viewer())
    wanted = [job.pk for job in Job.objects.order_by("-id") if query in ("", f"state={job.state}")]

    pages = [client.get(f"{LIST}?{query}")]
    while pages[-1].context["cl"].next_page:
        pages.append(client.get(LIST + pages[-1].context["cl"].next_page))
    back = [pages[-1]]
    while back[-1].context["cl"].previous_page:
        back.append(client.get(LIST + back[-1].context["cl"].previous_page))

    assert [number for response in pages for number in numbers(response)] == wanted
    assert [numbers(response) for response in reversed(back)] == [numbers(response) for response in pages]


def test_jobs_of_every_lane_wait_in_one_list_and_delayed_ones_are_listed_as_they_fall_due() -> None:
    now = timezone.now()
    waiting = [make("waiting", lane=lane).pk for lane in Job.Lane]
    tomorrow, soon = make("delayed", run_at=now + timedelta(days=1)), make("delayed", run_at=now + timedelta(minutes=1))
    client = as_client(viewer())

    assert numbers(client.get(f"{LIST}?state=waiting")) == waiting[::-1]
    assert f"waiting {len(waiting)}" in text(client.get(LIST))
    assert numbers(client.get(f"{LIST}?state=delayed")) == [soon.pk, tomorrow.pk]


def test_tabs_count_within_the_filter_and_stop_at_a_thousand() -> None:
    seed(1_200)
    make("failed", task="tests.fail")
    client = as_client(viewer())

    assert "completed 1,000+" in text(client.get(LIST))
    assert "failed 121" in text(client.get(LIST))
    assert "failed 1 " in text(client.get(f"{LIST}?task=tests.fail"))


@pytest.mark.parametrize("spelling", ["{0}", "#{0}", "task id"])
def test_a_job_is_found_by_its_number_and_by_its_task_id(spelling: str) -> None:
    make("failed")
    job = make("completed")
    query = task_id_of(job.pk) if spelling == "task id" else spelling.format(job.pk)

    assert numbers(as_client(viewer()).get(LIST, {"q": query})) == [job.pk]


def test_a_search_without_a_match_says_so() -> None:
    make("failed")

    response = as_client(viewer()).get(LIST, {"q": "boom"})

    assert numbers(response) == []
    assert "No job has the number or task id “boom” here." in text(response)


def test_a_persons_jobs_are_one_link_away() -> None:
    mine, _ = make("failed", user=UserFactory()), make("failed", user=UserFactory())

    assert numbers(as_client(viewer()).get(LIST, {"user": mine.user_id})) == [mine.pk]


@pytest.mark.parametrize(
    "query", ["error__icontains=a", "after=%7B%7D", "after=[%22x%22]", "after=[]", "before=nonsense", "user__email=a"]
)
def test_a_filter_or_cursor_that_is_not_offered_is_refused(query: str) -> None:
    make("failed")

    assert as_client(viewer()).get(f"{LIST}?{query}").status_code in (302, 400)


def test_sorting_by_a_column_without_an_index_is_not_possible() -> None:
    seed(3)

    response = as_client(viewer()).get(f"{LIST}?o=1.2")

    assert numbers(response) == sorted(numbers(response), reverse=True)


def test_a_list_that_takes_too_long_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def sleep(*_: Any) -> tuple[str, ...]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(20)")
        return ("-id",)

    monkeypatch.setattr("focusjobs.jobs.admin.patience.PAGE_SECONDS", 0.05)
    monkeypatch.setattr("focusjobs.jobs.admin.job.JobAdmin.get_ordering", sleep)

    response = as_client(viewer()).get(LIST)

    assert response.status_code == 503
    assert "The database did not answer in time" in text(response)


def test_results_of_other_tasks_are_listed_without_counts_and_are_read_only() -> None:
    theirs = TaskResult.objects.create(task_id="other", task_name="shop.bill", status="SUCCESS", result='{"a": 1}')
    ours = TaskResult.objects.create(task_id=make("completed").task_id, task_name="tests.add", status="SUCCESS")
    client, url = as_client(superuser()), reverse("admin:django_celery_results_taskresult_changelist")

    with CaptureQueriesContext(connection) as queries:
        everything = client.get(url)

    assert numbers(everything) == [ours.pk, theirs.pk]
    assert not any("COUNT(" in row["sql"] for row in queries)
    assert numbers(client.get(url, {"origin": "others"})) == [theirs.pk]
    page = reverse("admin:django_celery_results_taskresult_change", args=[theirs.pk])
    assert "&quot;a&quot;: 1" in client.get(page).content.decode()
    assert client.post(page, {"status": "FAILURE"}).status_code == 403


def test_the_group_results_of_the_library_have_no_page() -> None:
    assert not admin.site.is_registered(GroupResult)


def test_the_index_lists_jobs_first() -> None:
    response = as_client(superuser()).get(reverse("admin:index"))

    labels = [app["app_label"] for app in response.context["app_list"]]
    assert labels[:2] == ["jobs", "habits"]
    assert labels[-1] == "auth"
    assert "Focusjobs" in text(response)


@pytest.mark.usefixtures("pulse")
@pytest.mark.django_db(transaction=True)
def test_a_failed_job_that_is_retried_runs_again_and_keeps_its_history() -> None:
    number = tasks.fail_first.using(attempts=1).enqueue(times=1).id
    drain("default")
    job = Job.objects.get(pk=number)
    assert job.state == "failed"

    as_client(operator()).post(at(job, "retry"))
    drain("default")

    said = text(as_client(superuser()).get(at(job)))
    assert "completed just now" in said
    assert said.index("Attempt 1 failed") < said.index("Retried by") < said.index("Attempt 2 completed")


@pytest.mark.usefixtures("filled")
def test_no_tab_reads_the_table_of_jobs_from_end_to_end() -> None:
    client, explaining = as_client(viewer()), Explaining()

    with connection.execute_wrapper(explaining):
        for query in ({}, *({"state": state.value} for state in State)):
            assert client.get(LIST, query).status_code == 200

    assert len(explaining.seen) > 8 * len(State)
    assert explaining.scans == []
