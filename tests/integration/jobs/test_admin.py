from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_celery_results.models import GroupResult, TaskResult

from focusjobs.jobs.domain.identity import task_id_of
from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.models import Attempt, Job, LogLine
from focusjobs.jobs.worker import drain
from habits.models import User
from tests import tasks
from tests.accounts import operator, person, superuser, viewer
from tests.factories import UserFactory

from .test_plans import Explaining, filled  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db

LIST = reverse("admin:jobs_job_changelist")


def make(state: str, task: str = "tests.add", **fields: Any) -> Job:
    now = timezone.now()
    if state == "active":
        fields = {"leased_until": now + timedelta(minutes=1), "started_at": now, "attempt": 1, **fields}
    elif state in ("completed", "failed", "cancelled"):
        fields = {"finished_at": now, "started_at": now - timedelta(seconds=2), "attempt": 1, **fields}
    job = Job.objects.create(task=task, queue="default", state=state, **fields)
    job.refresh_from_db()
    return job


def at(job: Job, name: str = "change") -> str:
    return reverse(f"admin:jobs_job_{name}", args=[job.pk])


def as_client(user: User | None) -> Client:
    client = Client()
    if user:
        client.force_login(user)
    return client


def text(response: Any) -> str:
    """What a page says, without its markup."""
    words = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", words)


def state_of(job: Job) -> str:
    return str(Job.objects.values_list("state", flat=True).get(pk=job.pk))


# Who may do what: rows are people, columns the answers to looking, retrying and cancelling.
PEOPLE: list[tuple[str, Callable[[], User | None], int, int, int]] = [
    ("nobody", lambda: None, 302, 302, 302),
    ("someone with a phone", lambda: person(staff=False), 302, 302, 302),
    ("plain staff", person, 403, 403, 403),
    ("a viewer", viewer, 200, 403, 403),
    ("one who may retry but not look", lambda: person("jobs.retry_job", "jobs.cancel_job"), 403, 403, 403),
    ("one who may only retry", lambda: person("jobs.view_job", "jobs.retry_job"), 200, 302, 403),
    ("one who may only cancel", lambda: person("jobs.view_job", "jobs.cancel_job"), 200, 403, 302),
    ("an operator", operator, 200, 302, 302),
    ("a superuser", superuser, 200, 302, 302),
]


@pytest.mark.parametrize(
    ("make_user", "look", "retry", "cancel"), [row[1:] for row in PEOPLE], ids=[r[0] for r in PEOPLE]
)
def test_each_act_needs_its_own_right(make_user: Callable[[], User | None], look: int, retry: int, cancel: int) -> None:
    user = make_user()
    client, failed, delayed = as_client(user), make("failed"), make("delayed")
    may_retry, may_cancel = user is not None and user.is_staff and retry == 302, user is not None and cancel == 302
    may_cancel = may_cancel and bool(user and user.is_staff)

    assert client.get(LIST).status_code == look
    assert client.get(at(failed)).status_code == look
    assert client.get(at(failed, "live")).status_code == look
    assert client.get(at(failed, "history")).status_code == look
    assert client.post(at(failed, "retry")).status_code == retry
    assert client.post(at(delayed, "cancel"), {"reason": "a mistake"}).status_code == cancel

    assert state_of(failed) == ("waiting" if may_retry else "failed")
    assert state_of(delayed) == ("cancelled" if may_cancel else "delayed")
    assert LogEntry.objects.count() == may_retry + may_cancel


@pytest.mark.parametrize(
    ("make_user", "look", "retry", "cancel"), [row[1:] for row in PEOPLE], ids=[r[0] for r in PEOPLE]
)
def test_acts_on_picked_rows_need_the_same_rights(
    make_user: Callable[[], User | None], look: int, retry: int, cancel: int
) -> None:
    user = make_user()
    client, failed, delayed = as_client(user), make("failed"), make("delayed")

    act_on(client, "retry_picked", [failed, delayed])
    act_on(client, "cancel_picked", [delayed])

    is_staff = user is not None and user.is_staff
    assert state_of(failed) == ("waiting" if is_staff and retry == 302 else "failed")
    assert state_of(delayed) == ("cancelled" if is_staff and cancel == 302 else "delayed")


def act_on(client: Client, action: str, jobs: list[Job], **more: str) -> Any:
    content = {"action": action, "index": "0", ACTION_CHECKBOX_NAME: [job.pk for job in jobs]}
    return client.post(LIST, {**content, "confirmed": "yes", "reason": "the push service is back", **more})


@pytest.mark.parametrize("name", ["add", "delete"])
def test_even_a_superuser_neither_adds_nor_deletes_jobs(name: str) -> None:
    job = make("completed")
    url = reverse("admin:jobs_job_add") if name == "add" else at(job, "delete")

    assert as_client(superuser()).post(url, {"post": "yes"}).status_code == 403

    assert state_of(job) == "completed"


def test_a_look_at_an_acts_address_does_nothing() -> None:
    failed = make("failed")
    client = as_client(superuser())

    assert client.get(at(failed, "retry")).status_code == 405
    assert client.get(at(failed, "cancel")).status_code == 405
    assert state_of(failed) == "failed"


def test_acts_need_the_token_of_the_page() -> None:
    failed = make("failed")
    client = Client(enforce_csrf_checks=True)
    client.force_login(superuser())

    assert client.post(at(failed, "retry")).status_code == 403
    assert state_of(failed) == "failed"


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_a_retry_makes_the_job_wait_with_fresh_attempts_and_is_logged(state: str) -> None:
    user = operator()
    job = make(state, attempt=3, max_attempts=3, tries=3)

    response = as_client(user).post(at(job, "retry"), follow=True)

    job.refresh_from_db()
    assert (job.state, job.attempt, job.max_attempts, job.finished_at) == ("waiting", 3, 6, None)
    assert f"Job {job.pk} waits for its next attempt." in text(response)
    assert f"Retried by {user}" in text(response)
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.change_message) == (user, str(job.pk), "Retried")


@pytest.mark.parametrize("state", ["completed", "waiting", "active", "delayed"])
def test_a_retry_of_a_job_that_has_not_failed_is_refused_with_the_reason(state: str) -> None:
    job = make(state)

    response = as_client(operator()).post(at(job, "retry"), follow=True)

    assert state_of(job) == state
    assert f"was not retried: it is {state}, and only failed and cancelled jobs can be retried" in text(response)
    assert not LogEntry.objects.exists()


def test_a_retry_is_refused_while_another_job_holds_the_key() -> None:
    job = make("failed", unique_key="backup:1")
    make("waiting", unique_key="backup:1")

    response = as_client(operator()).post(at(job, "retry"), follow=True)

    assert state_of(job) == "failed"
    assert "another unfinished job holds its unique key “backup:1”" in text(response)


def test_a_cancelled_job_says_who_and_why() -> None:
    user, job = operator(), make("delayed")

    response = as_client(user).post(at(job, "cancel"), {"reason": "sent by hand"}, follow=True)

    job.refresh_from_db()
    assert (job.state, job.error) == ("cancelled", f"Cancelled by {user}: sent by hand")
    assert "was cancelled just now" in text(response)


def test_cancelling_needs_a_reason() -> None:
    job = make("waiting")

    response = as_client(operator()).post(at(job, "cancel"), {"reason": " "}, follow=True)

    assert state_of(job) == "waiting"
    assert "was not cancelled: give a reason" in text(response)


def test_a_running_job_is_not_cancelled() -> None:
    job = make("active")

    response = as_client(operator()).post(at(job, "cancel"), {"reason": "too slow"}, follow=True)

    assert state_of(job) == "active"
    assert "only jobs that no worker holds can be cancelled" in text(response)


def test_an_act_on_picked_rows_first_names_the_numbers() -> None:
    someone = UserFactory()
    picks = [make("failed", user=someone), make("failed", user=someone), make("completed")]
    client = as_client(operator())

    response = act_on(client, "retry_picked", picks, confirmed="", reason="")
    assert {state_of(job) for job in picks} == {"failed", "completed"}
    asked = client.post(LIST, {"action": "retry_picked", "index": "0", ACTION_CHECKBOX_NAME: [p.pk for p in picks]})

    assert response.status_code == asked.status_code == 200
    assert "2 jobs of the 3 picked will be retried; one person’s work is among them." in text(asked)
    assert "Left as they are: 1 completed." in text(asked)
    assert "Retry 2 jobs" in text(asked)
    assert {state_of(job) for job in picks} == {"failed", "completed"}


def test_an_act_on_picked_rows_tells_what_had_moved_on_meanwhile_and_returns_to_the_same_list() -> None:
    picks = [make("failed"), make("failed"), make("completed")]
    client, address = as_client(operator()), f"{LIST}?state=failed"

    content = {"action": "retry_picked", "index": "0", ACTION_CHECKBOX_NAME: [p.pk for p in picks]}
    response = client.post(address, {**content, "confirmed": "yes", "reason": "fixed"}, follow=True)

    assert [state_of(job) for job in picks] == ["waiting", "waiting", "completed"]
    assert "2 jobs retried; 1 job had moved on meanwhile and stayed as they were." in text(response)
    assert response.request["QUERY_STRING"] == "state=failed"
    assert set(LogEntry.objects.values_list("change_message", flat=True)) == {"Retried: fixed"}


def test_an_act_never_reaches_rows_that_were_not_picked() -> None:
    picked, other = make("failed"), make("failed")

    act_on(as_client(operator()), "retry_picked", [picked], select_across="1")

    assert (state_of(picked), state_of(other)) == ("waiting", "failed")


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
