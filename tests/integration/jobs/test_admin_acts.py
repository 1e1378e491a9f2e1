"""Retrying and cancelling in the console: who may, what moves, what is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from focusjobs.jobs.models import Job
from habits.models import User
from tests.accounts import operator, person, superuser, viewer
from tests.factories import UserFactory

from .consoles import LIST, as_client, at, make, state_of, text
from .test_plans import Explaining, filled  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db


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
