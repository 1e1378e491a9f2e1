"""What is done to one job in the console: who may, what moves, what is said and kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from focusjobs.jobs.models import Job, Operation
from habits.models import User
from tests import tasks
from tests.accounts import operator, person, superuser, viewer

from .consoles import LIST, as_client, at, make, state_of, text

pytestmark = pytest.mark.django_db

EDITOR = ("jobs.view_job", "jobs.edit_retry_job", "jobs.view_job_args")

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
    is_staff = user is not None and user.is_staff
    may_retry, may_cancel = is_staff and retry == 302, is_staff and cancel == 302

    assert client.get(LIST).status_code == look
    assert client.get(at(failed)).status_code == look
    assert client.post(at(failed, "retry")).status_code == retry
    assert client.post(at(delayed, "cancel"), {"reason": "a mistake"}).status_code == cancel

    assert state_of(failed) == ("waiting" if may_retry else "failed")
    assert state_of(delayed) == ("cancelled" if may_cancel else "delayed")
    assert Operation.objects.count() == may_retry + may_cancel


ACTS = {
    "promote": ("delayed", "jobs.retry_job", {}),
    "reschedule": ("delayed", "jobs.cancel_job", {"run_at": "2200-01-01T08:00"}),
    "edit": ("failed", "jobs.edit_retry_job", {"arguments": "{}"}),
    "reveal": ("failed", "jobs.view_job_args", {"reason": "a complaint"}),
}


@pytest.mark.parametrize("act", ACTS)
def test_every_other_act_needs_its_right_too(act: str) -> None:
    state, right, data = ACTS[act]
    job = make(state, arguments={"x": 1, "y": 2})
    others = [f"jobs.{name}" for name in ("retry_job", "cancel_job", "edit_retry_job", "view_job_args")]
    everything_else = person("jobs.view_job", *(name for name in others if name != right))

    assert as_client(viewer()).post(at(job, act), data).status_code == 403
    assert as_client(everything_else).post(at(job, act), data).status_code == 403
    assert as_client(None).post(at(job, act), data).status_code == 302

    assert state_of(job) == state
    assert not Operation.objects.exists()


@pytest.mark.parametrize("act", ["retry", "cancel", *ACTS])
def test_a_look_at_an_acts_address_does_nothing(act: str) -> None:
    job = make("failed")

    assert as_client(superuser()).get(at(job, act)).status_code == 405

    assert state_of(job) == "failed"


@pytest.mark.parametrize("name", ["add", "delete"])
def test_even_a_superuser_neither_adds_nor_deletes_jobs(name: str) -> None:
    job = make("completed")
    url = reverse("admin:jobs_job_add") if name == "add" else at(job, "delete")

    assert as_client(superuser()).post(url, {"post": "yes"}).status_code == 403

    assert state_of(job) == "completed"


def test_acts_need_the_token_of_the_page() -> None:
    failed = make("failed")
    client = Client(enforce_csrf_checks=True)
    client.force_login(superuser())

    assert client.post(at(failed, "retry")).status_code == 403
    assert state_of(failed) == "failed"


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_a_retry_makes_the_job_wait_with_fresh_attempts_and_is_kept(state: str) -> None:
    user = operator()
    job = make(state, attempt=3, max_attempts=3, tries=3)

    response = as_client(user).post(at(job, "retry"), follow=True)

    job.refresh_from_db()
    assert (job.state, job.attempt, job.max_attempts, job.finished_at) == ("waiting", 3, 6, None)
    assert f"Job {job.pk} waits for its next attempt." in text(response)
    assert f"Retried by {user}" in text(response)
    operation = Operation.objects.get()
    assert (operation.actor, operation.action, operation.done) == (user, "retry", 1)


@pytest.mark.parametrize("state", ["completed", "waiting", "active", "delayed"])
def test_a_retry_of_a_job_that_has_not_failed_is_refused_with_the_reason(state: str) -> None:
    job = make(state)

    response = as_client(operator()).post(at(job, "retry"), follow=True)

    assert state_of(job) == state
    assert f"Nothing was done: {state}." in text(response)


def test_a_retry_is_refused_while_another_job_holds_the_key() -> None:
    job = make("failed", unique_key="backup:1")
    make("waiting", unique_key="backup:1")

    response = as_client(operator()).post(at(job, "retry"), follow=True)

    assert state_of(job) == "failed"
    assert "unique key held by another job" in text(response)


def test_a_failed_job_is_retried_at_another_time() -> None:
    job = make("failed")

    as_client(superuser()).post(at(job, "retry"), {"run_at": "2200-01-01T08:00"})

    job.refresh_from_db()
    assert (job.state, job.run_at) == ("delayed", datetime(2200, 1, 1, 8, tzinfo=UTC))


def test_times_are_read_in_the_zone_of_the_operator() -> None:
    ana, job = superuser(), make("delayed")
    User.objects.filter(pk=ana.pk).update(timezone="Asia/Tokyo")

    as_client(ana).post(at(job, "reschedule"), {"run_at": "2200-01-01T08:00"})

    job.refresh_from_db()
    assert job.run_at == datetime(2199, 12, 31, 23, tzinfo=UTC)


def test_a_delayed_job_is_made_due() -> None:
    job = make("delayed", run_at=timezone.now() + timedelta(days=1))

    response = as_client(operator()).post(at(job, "promote"), follow=True)

    assert state_of(job) == "waiting"
    assert f"Job {job.pk} is due now." in text(response)


def test_a_cancelled_job_says_who_and_why() -> None:
    user, job = operator(), make("delayed")

    response = as_client(user).post(at(job, "cancel"), {"reason": "sent by hand"}, follow=True)

    job.refresh_from_db()
    assert job.state == "cancelled"
    assert f"Cancelled by {user}" in job.error
    assert "sent by hand" in job.error
    assert "was cancelled just now" in text(response)


def test_cancelling_needs_a_reason() -> None:
    job = make("waiting")

    response = as_client(operator()).post(at(job, "cancel"), {"reason": " "}, follow=True)

    assert state_of(job) == "waiting"
    assert "was not cancelled: give a reason" in text(response)


def test_a_running_job_is_told_to_stop() -> None:
    job = make("active")

    as_client(operator()).post(at(job, "cancel"), {"reason": "too slow"}, follow=True)

    assert state_of(job) == "cancelled"


def test_arguments_are_edited_after_a_look_at_what_changes() -> None:
    job = make("failed", task=tasks.add.name, arguments={"x": 1, "y": 2})
    client, wanted = as_client(person(*EDITOR)), json.dumps({"x": 5, "y": 2})

    shown = client.post(at(job, "edit"), {"arguments": wanted})
    assert shown.context["editing"]["changed"] == [("x", "1", "5")]
    assert Job.objects.count() == 1
    made = client.post(at(job, "edit"), {"arguments": wanted, "seen": wanted, "sure": "yes", "reason": "typo"})

    new = Job.objects.latest("id")
    assert made.headers["Location"] == at(new)
    assert (new.arguments, new.state, state_of(job)) == ({"x": 5, "y": 2}, "waiting", "failed")
    assert Operation.objects.get().reason == "typo"
    said = text(client.get(at(new)))
    assert f"Other than job #{job.pk}" in said


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("{", "This is not JSON"),
        ("[1]", "Arguments go by name"),
        ('{"x": 1}', "missing a required argument"),
        ('{"x": 1, "y": 2, "z": 3}', "unexpected keyword argument"),
    ],
)
def test_arguments_that_the_task_cannot_take_are_refused_with_the_reason(wanted: str, said: str) -> None:
    job = make("failed", task=tasks.add.name, arguments={"x": 1, "y": 2})

    response = as_client(superuser()).post(at(job, "edit"), {"arguments": wanted, "seen": wanted, "sure": "yes"})

    assert said in text(response)
    assert Job.objects.count() == 1


def test_hidden_arguments_are_shown_to_who_may_see_them_once_and_that_is_kept() -> None:
    job = make("failed", arguments={"device": 7, "token": "t0p"})
    ana = person("jobs.view_job", "jobs.view_job_args")
    client = as_client(ana)

    assert "t0p" not in client.get(at(job)).content.decode()
    revealed = client.post(at(job, "reveal"), {"reason": "a complaint"})

    assert "t0p" in revealed.content.decode()
    assert "no-store" in revealed.headers["Cache-Control"]
    kept = Operation.objects.get()
    assert (kept.action, kept.subject, kept.reason, kept.actor) == ("reveal", f"job:{job.pk}", "a complaint", ana)
    assert "t0p" not in client.get(at(job)).content.decode()


def test_hidden_arguments_stay_hidden_without_a_reason() -> None:
    job = make("failed", arguments={"token": "t0p"})

    response: Any = as_client(superuser()).post(at(job, "reveal"), follow=True)

    assert "t0p" not in response.content.decode()
    assert not Operation.objects.exists()
