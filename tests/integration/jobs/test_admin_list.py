"""The console's list of jobs: cost, order, filters, what is kept and taken along."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_celery_results.models import GroupResult, TaskResult

from focusjobs.jobs.domain.identity import task_id_of
from focusjobs.jobs.looking import search, selectors
from focusjobs.jobs.models import Job, SavedFilter
from tests.accounts import operator, person, superuser, viewer
from tests.factories import UserFactory

from .consoles import LIST, as_client, make, text

pytestmark = pytest.mark.django_db


def numbers(response: Any) -> list[int]:
    return [row.job.pk for row in response.context["rows"]]


def seed(count: int, **fields: Any) -> None:
    """Completed jobs, a failed one in ten, each ended a second after the one before."""
    start = timezone.now() - timedelta(days=1)
    someone = UserFactory()
    wanted = {"task": "tests.add", "queue": "default", "user": someone, **fields}
    Job.objects.bulk_create(
        Job(
            **wanted,
            state="completed" if number % 10 else "failed",
            error="" if number % 10 else "RuntimeError",
            finished_at=start + timedelta(seconds=number),
        )
        for number in range(count)
    )


def test_a_list_costs_the_same_queries_however_many_jobs_there_are_and_counts_no_table() -> None:
    client = as_client(superuser())
    queries = ("", "state:failed", "state:completed", "queue:default task:tests.add")
    seed(60)
    client.get(LIST)
    few = {query: asked_for(client, query) for query in queries}
    seed(1_500)
    for query in queries:
        many = asked_for(client, query)
        assert len(many) == len(few[query]) < 30
        assert len(numbers(client.get(LIST, {"q": query}))) == 50
        on_jobs = [sql for sql in many if '"jobs_job"' in sql]
        assert on_jobs
        assert all(re.search(r"LIMIT (51|1001|1)\b", sql) for sql in on_jobs)
        assert not any("DISTINCT" in sql for sql in on_jobs)
        assert not any('"arguments"' in sql for sql in on_jobs)


def asked_for(client: Client, query: str) -> list[str]:
    """Give the statements of a list."""
    with CaptureQueriesContext(connection) as queries:
        client.get(LIST, {"q": query})
    return [row["sql"] for row in queries]


@pytest.mark.parametrize("query", ["", "state:failed", "state:completed"])
def test_the_pages_of_a_list_hold_every_job_once_both_ways(query: str) -> None:
    seed(180)
    client = as_client(viewer())
    wanted = [job.pk for job in Job.objects.order_by("-id") if query in ("", f"state:{job.state}")]

    pages = [client.get(LIST, {"q": query})]
    while pages[-1].context["next_page"]:
        pages.append(client.get(pages[-1].context["next_page"]))
    back = [pages[-1]]
    while back[-1].context["previous_page"]:
        back.append(client.get(back[-1].context["previous_page"]))

    assert [number for response in pages for number in numbers(response)] == wanted
    assert [numbers(response) for response in reversed(back)] == [numbers(response) for response in pages]


@pytest.mark.parametrize("query", ["task:tests.rare", "task:tests.rare state:completed"])
def test_a_filter_without_an_index_looks_through_a_part_and_says_from_where_to_go_on(
    query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "WINDOW", 20)
    rare = make("completed", task="tests.rare", finished_at=timezone.now() - timedelta(days=2))
    seed(50)
    client = as_client(viewer())

    response, looks = client.get(LIST, {"q": query}), 1
    while not numbers(response):
        assert "Nothing found so far." in text(response)
        assert "looked through 20 jobs" in text(response)
        response, looks = client.get(response.context["further"]), looks + 1

    assert numbers(response) == [rare.pk]
    assert looks == 3
    assert not response.context["further"]


def test_jobs_of_every_lane_wait_in_one_list_and_delayed_ones_are_listed_as_they_fall_due() -> None:
    now = timezone.now()
    waiting = [make("waiting", lane=lane).pk for lane in Job.Lane]
    tomorrow, soon = make("delayed", run_at=now + timedelta(days=1)), make("delayed", run_at=now + timedelta(minutes=1))
    client = as_client(viewer())

    assert numbers(client.get(LIST, {"q": "state:waiting"})) == waiting[::-1]
    assert f"waiting {len(waiting)}" in text(client.get(LIST))
    assert numbers(client.get(LIST, {"q": "state:delayed"})) == [soon.pk, tomorrow.pk]


def test_tabs_count_within_the_filter_and_stop_at_a_thousand() -> None:
    seed(1_200)
    someone = UserFactory()
    make("failed", user=someone)
    client = as_client(viewer())

    assert "completed 1,000+" in text(client.get(LIST))
    assert "failed 121" in text(client.get(LIST))
    assert "failed 1 " in text(client.get(LIST, {"q": f"user:{someone.pk}"}))


def test_tabs_of_a_filter_count_its_latest_jobs_and_leave_out_what_nobody_knows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(selectors, "LATEST", 6)
    monkeypatch.setattr(selectors, "MANY", 2)
    someone, client = UserFactory(), as_client(viewer())
    for state in ("cancelled", "failed", *["completed"] * 5):
        make(state, user=someone)

    tabs = client.get(LIST, {"q": f"user:{someone.pk}"}).context["tabs"]
    assert {tab.label: tab.count for tab in tabs if tab.count is not None} == {"completed": 5}
    Job.objects.filter(state="cancelled").delete()
    tabs = client.get(LIST, {"q": f"user:{someone.pk}"}).context["tabs"]
    assert {tab.label: tab.count for tab in tabs if tab.count} == {"completed": 5, "failed": 1}


@pytest.mark.parametrize("spelling", ["{0}", "#{0}", "task id", "id:{0}"])
def test_a_job_is_found_by_its_number_and_by_its_task_id(spelling: str) -> None:
    make("failed")
    job = make("completed")
    query = task_id_of(job.pk) if spelling == "task id" else spelling.format(job.pk)

    assert numbers(as_client(viewer()).get(LIST, {"q": query})) == [job.pk]


def test_a_filter_without_a_match_says_where_there_are_some() -> None:
    someone = UserFactory()
    make("completed", user=someone)

    response = as_client(viewer()).get(LIST, {"q": f"user:{someone.pk} state:failed"})

    assert numbers(response) == []
    assert f"No job matches user:{someone.pk} state:failed ; in other states there are 1" in text(response)


@pytest.mark.parametrize(
    ("query", "said", "offered"),
    [
        ("boom", "“boom” is no condition", "error:boom"),
        ("failed", "“failed” is no condition", "state:failed"),
        ("ana@example.com", "is no condition", "user:ana@example.com"),
        ("two words", "is no condition", 'error:"two words"'),
        ("stat:failed", "There is no filter “stat:”", "state:failed"),
        ("state:done", "There is no state “done”", ""),
        ("since:yesterday", "takes a time such as", ""),
    ],
)
def test_a_filter_that_cannot_be_read_is_refused_with_the_reason_and_what_may_be_meant(
    query: str, said: str, offered: str
) -> None:
    response = as_client(viewer()).get(LIST, {"q": query})

    assert response.status_code == 400
    assert said in text(response)
    assert [suggestion for _, suggestion, _ in response.context["suggestions"]][:1] == ([offered] if offered else [])
    for address, _, _ in response.context["suggestions"]:
        assert as_client(viewer()).get(address).status_code == 200


@pytest.mark.parametrize("cursor", ["{}", '["x"]', "[]", "nonsense", "[1,2]"])
def test_a_cursor_of_another_list_leads_to_the_first_page(cursor: str) -> None:
    make("failed")

    response = as_client(viewer()).get(LIST, {"q": "state:failed", "after": cursor})

    assert response.status_code == 302
    assert response.headers["Location"] == f"{LIST}?q=state%3Afailed"


def test_only_the_changing_part_is_given_to_those_who_ask_for_it() -> None:
    job = make("failed")

    part = as_client(viewer()).get(LIST, {"live": "1"}).content.decode()

    assert f"#{job.pk}" in part
    assert "<html" not in part
    assert "live=1" not in part


def test_a_filter_is_kept_under_a_name_shared_and_forgotten() -> None:
    ana, ben = viewer(), viewer()
    keep = reverse("admin:jobs_job_filters")

    as_client(ana).post(keep, {"name": "red ones", "query": "state:failed", "shared": "on"})

    assert "red ones" in text(as_client(ben).get(LIST))
    kept = SavedFilter.objects.get()
    as_client(ben).post(keep, {"forget": str(kept.pk)})
    assert SavedFilter.objects.exists()
    as_client(ana).post(keep, {"forget": str(kept.pk)})
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize(("name", "query"), [("", "state:failed"), ("wrong", "nonsense")])
def test_a_filter_without_a_name_or_a_meaning_is_not_kept(name: str, query: str) -> None:
    as_client(viewer()).post(reverse("admin:jobs_job_filters"), {"name": name, "query": query})

    assert not SavedFilter.objects.exists()


def test_an_export_holds_every_job_that_matches_with_secrets_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("focusjobs.jobs.admin.export.PAGE", 3)
    jobs = [make("failed", arguments={"x": number, "token": "t0p"}) for number in range(7)]
    make("completed")
    address = reverse("admin:jobs_job_export")

    answer = as_client(viewer()).get(address, {"q": "state:failed", "format": "ndjson"})
    lines = [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]

    assert [line["id"] for line in lines] == [job.pk for job in reversed(jobs)]
    assert lines[0]["arguments"]["x"] == 6
    assert "t0p" not in json.dumps(lines)
    everything = as_client(superuser()).get(address, {"q": "state:failed", "format": "ndjson"})
    assert b'"token": "t0p"' in b"".join(everything.streaming_content)


def test_an_export_for_spreadsheets_holds_no_formula() -> None:
    make("failed", error='=HYPERLINK("http://elsewhere")')

    answer = as_client(viewer()).get(reverse("admin:jobs_job_export"), {"format": "csv"})
    (line,) = csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode()))

    assert line["state"] == "failed"
    assert line["error"] == '\'=HYPERLINK("http://elsewhere")'


def test_an_export_needs_the_right_to_look() -> None:
    assert as_client(person()).get(reverse("admin:jobs_job_export")).status_code == 403


def test_a_list_that_takes_too_long_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def sleep(*_: Any, **__: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(20)")

    monkeypatch.setattr("focusjobs.jobs.admin.patience.PAGE_SECONDS", 0.05)
    monkeypatch.setattr("focusjobs.jobs.looking.search.look", sleep)

    response = as_client(viewer()).get(LIST)

    assert response.status_code == 503
    assert "The database did not answer in time" in text(response)


def test_acts_are_offered_to_those_who_may() -> None:
    make("failed")

    assert "Retry picked" not in text(as_client(viewer()).get(LIST))
    assert "Retry picked" in text(as_client(operator()).get(LIST))
    assert "Retry all that match" not in text(as_client(operator()).get(LIST, {"q": "state:failed"}))
    assert "Retry all that match" in text(as_client(superuser()).get(LIST, {"q": "state:failed"}))


def test_results_of_other_tasks_are_listed_without_counts_and_are_read_only() -> None:
    theirs = TaskResult.objects.create(task_id="other", task_name="shop.bill", status="SUCCESS", result='{"a": 1}')
    ours = TaskResult.objects.create(task_id=make("completed").task_id, task_name="tests.add", status="SUCCESS")
    client, url = as_client(superuser()), reverse("admin:django_celery_results_taskresult_changelist")

    with CaptureQueriesContext(connection) as queries:
        everything = client.get(url)

    listed = [result.pk for result in everything.context["cl"].result_list]
    assert listed == [ours.pk, theirs.pk]
    assert not any("COUNT(" in row["sql"] for row in queries)
    others = client.get(url, {"origin": "others"})
    assert [result.pk for result in others.context["cl"].result_list] == [theirs.pk]
    page = reverse("admin:django_celery_results_taskresult_change", args=[theirs.pk])
    assert "&quot;a&quot;: 1" in client.get(page).content.decode()
    assert client.post(page, {"status": "FAILURE"}).status_code == 403


def test_a_result_shows_no_secret_among_the_arguments() -> None:
    kwargs = '{"device": 7, "token": "t0p"}'
    result = TaskResult.objects.create(task_id="other", task_name="shop.bill", task_kwargs=kwargs, task_args='["t0p"]')

    page = as_client(superuser()).get(reverse("admin:django_celery_results_taskresult_change", args=[result.pk]))

    assert "&quot;device&quot;: 7" in page.content.decode()
    assert "t0p" not in page.content.decode()


def test_the_group_results_of_the_library_have_no_page() -> None:
    assert not admin.site.is_registered(GroupResult)
