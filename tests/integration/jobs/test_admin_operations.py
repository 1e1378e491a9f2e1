"""Acts on many jobs in the console: the page before, who may start it, its page afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from focusjobs.jobs.models import Job, Operation
from tests.accounts import operator, person, superuser, viewer
from tests.factories import UserFactory

from .consoles import as_client, make, state_of, text

pytestmark = pytest.mark.django_db
PREVIEW = reverse("admin:jobs_job_preview")
LIST = reverse("admin:jobs_operation_changelist")


def of(operation: Operation, act: str = "change") -> str:
    return reverse(f"admin:jobs_operation_{act}", args=[operation.pk])


def plan(client: Client, **data: Any) -> Operation:
    """Ask for the page before an act, and give the operation that it shows."""
    response = client.post(PREVIEW, data)
    assert response.status_code == 302, text(response)
    operation = Operation.objects.latest("pk")
    assert response.headers["Location"].startswith(of(operation))
    return operation


def begin(client: Client, operation: Operation, **data: str) -> Any:
    return client.post(of(operation, "start"), {"reason": "the push service is back", **data}, follow=True)


def test_an_act_on_picked_rows_first_names_the_numbers_and_changes_nothing() -> None:
    someone = UserFactory()
    picks = [make("failed", user=someone), make("failed", user=someone), make("completed")]
    client = as_client(operator())

    operation = plan(client, action="retry", ids=[job.pk for job in picks])
    said = text(client.get(of(operation)))

    assert "Retry 2 jobs of 1 person?" in said
    assert "match 3" in said
    assert "completed 1" in said
    assert Job.objects.filter(state="waiting").count() == 0


def test_picked_jobs_are_retried_once_it_is_confirmed_with_a_reason() -> None:
    user, someone = operator(), UserFactory()
    picks = [make("failed", user=someone), make("cancelled", user=someone)]
    client = as_client(user)
    operation = plan(client, action="retry", ids=[job.pk for job in picks])

    page = begin(client, operation)

    assert [state_of(job) for job in picks] == ["waiting", "waiting"]
    assert "Retry 2 jobs: the push service is back" in text(page)
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id) == (user, str(operation.pk))


def test_all_that_match_a_filter_are_retried_and_what_fails_later_stays_out() -> None:
    before = [make("failed", task="tests.fail") for _ in range(3)]
    other, client = make("failed", task="tests.add"), as_client(superuser())
    operation = plan(client, all="retry", filter="task:tests.fail state:failed", hold="0")
    later = make("failed", task="tests.fail")

    begin(client, operation)

    assert [state_of(job) for job in before] == ["waiting"] * 3
    assert [state_of(other), state_of(later)] == ["failed", "failed"]


@pytest.mark.parametrize("reason", ["", "  "])
def test_an_act_on_many_needs_a_reason(reason: str) -> None:
    picks = [make("failed"), make("failed")]
    client = as_client(superuser())
    operation = plan(client, action="retry", ids=[job.pk for job in picks])

    page = begin(client, operation, reason=reason)

    assert "Give a reason" in text(page)
    assert {state_of(job) for job in picks} == {"failed"}


@pytest.mark.parametrize(("typed", "started"), [("", False), ("3", False), ("2", True)])
def test_above_a_limit_the_number_is_typed(typed: str, started: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("focusjobs.jobs.admin.operation.TYPED", 1)
    picks = [make("failed"), make("failed")]
    client = as_client(superuser())
    operation = plan(client, action="retry", ids=[job.pk for job in picks])

    assert "Type 2 to go on" in text(client.get(of(operation)))
    begin(client, operation, typed=typed)

    assert {state_of(job) for job in picks} == {"waiting" if started else "failed"}


def test_nobody_starts_the_preview_of_somebody_else() -> None:
    job = make("failed")
    operation = plan(as_client(superuser()), action="retry", ids=[job.pk])
    other = as_client(superuser())

    assert "make your own to go on" in text(other.get(of(operation)))
    assert other.post(of(operation, "start"), {"reason": "x"}).status_code == 403
    assert state_of(job) == "failed"


@pytest.mark.parametrize(
    ("rights", "states"),
    [
        ([], "failed delayed"),
        (["jobs.retry_job"], "waiting delayed"),
        (["jobs.cancel_job"], "failed cancelled"),
        (["jobs.retry_job", "jobs.cancel_job"], "waiting cancelled"),
    ],
)
def test_acts_on_picked_rows_need_the_right_to_act(rights: list[str], states: str) -> None:
    client = as_client(person("jobs.view_job", *rights))
    failed, delayed = make("failed"), make("delayed")

    for action, job in (("retry", failed), ("cancel", delayed)):
        answer = client.post(PREVIEW, {"action": action, "ids": [job.pk]})
        may = f"jobs.{action}_job" in rights
        assert answer.status_code == (302 if may else 403)
        if may:
            begin(client, Operation.objects.latest("pk"))

    assert f"{state_of(failed)} {state_of(delayed)}" == states


def test_support_retries_the_jobs_of_one_person_and_no_more() -> None:
    ana, ben = UserFactory(), UserFactory()
    jobs = [make("failed", user=ana), make("failed", user=ana), make("failed", user=ben)]
    client = as_client(person("jobs.view_job", "jobs.retry_job"))

    of_both = plan(client, action="retry", ids=[job.pk for job in jobs])
    assert "You may retry the jobs of one person at a time." in text(client.get(of(of_both)))
    assert client.post(of(of_both, "start"), {"reason": "x"}).status_code == 403
    begin(client, plan(client, action="retry", ids=[job.pk for job in jobs[:2]]))

    assert [state_of(job) for job in jobs] == ["waiting", "waiting", "failed"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"action": "retry"}, "Pick jobs first."),
        ({"action": "explode", "ids": ["1"]}, "Choose what is to be done."),
        ({"all": "retry", "filter": ""}, "one of the two"),
        ({"all": "retry", "filter": "nonsense"}, "is no condition"),
        ({"all": "retry", "filter": "state:failed", "canary": "-1"}, "Canary: Ensure"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused_with_the_reason(data: dict[str, Any], said: str) -> None:
    response = as_client(superuser()).post(PREVIEW, data, follow=True)

    assert said in text(response)
    assert not Operation.objects.exists()


def test_a_form_leads_back_to_pages_of_this_site_alone() -> None:
    client = as_client(superuser())

    elsewhere = client.post(PREVIEW, {"action": "retry", "next": "https://elsewhere.example/"})
    here = client.post(PREVIEW, {"action": "retry", "next": "/admin/jobs/job/?q=state:failed"})

    assert elsewhere.headers["Location"] == reverse("admin:jobs_job_changelist")
    assert here.headers["Location"] == "/admin/jobs/job/?q=state:failed"


def test_a_held_retry_is_undone() -> None:
    jobs = [make("failed"), make("failed")]
    client = as_client(superuser())
    operation = plan(client, all="retry", filter="state:failed", hold="600")
    page = begin(client, operation)
    assert "Undo" in text(page)
    assert {state_of(job) for job in jobs} == {"delayed"}

    undone = client.post(of(operation, "undo"), follow=True)

    assert {state_of(job) for job in jobs} == {"failed"}
    assert "put back 2" in text(undone)


def test_the_canaries_go_first_and_the_rest_waits_for_them() -> None:
    for _ in range(4):
        make("failed")
    client = as_client(superuser())
    operation = plan(client, all="retry", filter="state:failed", canary="1", hold="0")

    page = begin(client, operation)

    assert Job.objects.filter(state="waiting").count() == 1
    assert "1 job went first" in text(page)
    stopped = client.post(of(operation, "stop"), {"why": "enough"}, follow=True)
    assert "enough" in text(stopped)
    assert "Do the rest" in text(stopped)


@pytest.mark.parametrize("act", ["start", "stop", "undo", "rest"])
def test_what_is_said_to_an_operation_needs_the_right_of_its_action(act: str) -> None:
    make("failed")
    operation = plan(as_client(superuser()), all="retry", filter="state:failed")
    someone = as_client(person("jobs.view_job", "jobs.view_operation", "jobs.cancel_job"))

    assert someone.get(of(operation, act)).status_code == 405
    assert someone.post(of(operation, act), {"reason": "x"}).status_code == 403


def test_the_list_of_operations_shows_who_did_what_and_why() -> None:
    ana, ben = superuser(), superuser()
    for user, reason in ((ana, "the disk was full"), (ben, "a bad release")):
        client = as_client(user)
        job = make("failed")
        begin(client, plan(client, action="retry", ids=[job.pk]), reason=reason)

    everybody = text(as_client(ana).get(LIST))
    mine = text(as_client(ana).get(LIST, {"mine": "1"}))

    assert "a bad release" in everybody
    assert "the disk was full" in everybody
    assert "a bad release" not in mine
    assert str(ana) in mine


def test_operations_are_shown_to_those_who_may_look_at_them_and_to_who_did_them() -> None:
    job, ana = make("failed"), operator()
    client = as_client(ana)
    operation = plan(client, action="retry", ids=[job.pk])

    assert client.get(of(operation)).status_code == 200
    assert client.get(LIST).status_code == 403
    assert as_client(viewer()).get(of(operation)).status_code == 403
    assert as_client(person("jobs.view_operation")).get(of(operation)).status_code == 200
    assert as_client(superuser()).get(reverse("admin:jobs_operation_change", args=[987654])).status_code == 404
