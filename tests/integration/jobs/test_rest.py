"""A person's own jobs over REST."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from rest_framework.test import APIClient

from focusjobs.jobs import interventions, ledger, views
from focusjobs.jobs.models import Job
from focusjobs.jobs.serializers import CANCELLED, FAILED
from habits import services
from habits.accounts.exporting import request_export
from habits.models import Export, User
from habits.tasks import export_data
from tests import tasks
from tests.factories import UserFactory
from tests.integration.habits.problems import errors_of, problem_of

from .drains import drain

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("pulse", "bells")]

JOBS = "/api/v1/jobs"


@pytest.fixture
def user() -> User:
    return UserFactory()


@pytest.fixture
def api(user: User) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(user)
    return client


def test_a_job_tells_its_person_how_far_it_has_come(api: APIClient, user: User) -> None:
    made = tasks.add.using(user=user).enqueue(x=1, y=2)
    Job.objects.filter(pk=made.id).update(progress={"done": 3, "total": 10, "note": "days"})

    response = api.get(f"{JOBS}/{made.id}")

    body = response.json()
    assert (body["id"], body["task"], body["state"], body["attempt"]) == (made.id, "tests.add", "waiting", 0)
    assert body["progress"] == {"done": 3.0, "total": 10.0, "note": "days"}
    assert (body["error"], body["result"], body["finished_at"]) == (None, None, None)
    assert response["Retry-After"] == "2"
    assert response["Cache-Control"] == "private, no-cache"


def test_what_has_not_changed_is_not_sent_again(api: APIClient, user: User) -> None:
    made = tasks.add.using(user=user).enqueue(x=1, y=2)
    tag = api.get(f"{JOBS}/{made.id}")["ETag"]

    again = api.get(f"{JOBS}/{made.id}", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")

    drain()
    changed = api.get(f"{JOBS}/{made.id}", headers={"If-None-Match": tag})
    assert (changed.status_code, changed.json()["state"]) == (200, "completed")
    assert "Retry-After" not in changed


@pytest.mark.parametrize("whose", ["another", "nobody", "gone"])
def test_the_job_of_somebody_else_does_not_exist(api: APIClient, whose: str) -> None:
    made = tasks.add.using(user=UserFactory() if whose == "another" else None).enqueue(x=1, y=2)
    number = 10**30 if whose == "gone" else made.id
    assert problem_of(api.get(f"{JOBS}/{number}?wait=5"), 404)["code"] == "not_found"
    assert api.get(JOBS).json()["results"] == []


def test_nobody_sees_a_job_without_logging_in() -> None:
    made = tasks.add.enqueue(x=1, y=2)
    for address in (JOBS, f"{JOBS}/{made.id}"):
        assert problem_of(APIClient().get(address), 401)["code"] == "not_authenticated"


def test_an_error_is_told_without_what_is_inside_the_server(api: APIClient, user: User) -> None:
    made = tasks.fail.using(user=user, attempts=1).enqueue(message="password=swordfish at 10.0.0.7")
    drain()
    response = api.get(f"{JOBS}/{made.id}")
    assert (response.json()["state"], response.json()["error"]) == ("failed", FAILED)
    assert b"swordfish" not in response.content


def test_a_job_that_was_cancelled_says_so(api: APIClient, user: User) -> None:
    made = tasks.add.using(user=user).enqueue(x=1, y=2)
    interventions.cancel([made.id], reason="no longer wanted by the operator")
    assert api.get(f"{JOBS}/{made.id}").json()["error"] == CANCELLED


def test_the_result_of_a_task_that_is_not_for_people_stays_inside(api: APIClient, user: User) -> None:
    made = tasks.give_back.using(user=user).enqueue(value={"inside": "secret"})
    drain()
    assert api.get(f"{JOBS}/{made.id}").json()["result"] is None


def test_an_import_tells_what_it_wrote(api: APIClient, user: User) -> None:
    header = "HabitName,HabitDescription,HabitCategory,CalendarDate,Value,CommentText"
    content = f"{header}\nRun,,,2026-01-01,1,\nRun,,,2026-01-02,1,\n".encode()
    backup = services.accept_backup(user=user, filename="HabitBull.csv", content=content)
    drain("imports")
    assert api.get(f"{JOBS}/{backup.job_id}").json()["result"] == {
        "habits_created": 1,
        "habits_updated": 0,
        "habits_unchanged": 0,
        "completions_written": 2,
    }


def test_an_import_that_cannot_be_read_says_what_to_do(api: APIClient, user: User) -> None:
    backup = services.accept_backup(user=user, filename="photo.jpg", content=b"\xff\xd8\xff")
    drain("imports")
    body = api.get(f"{JOBS}/{backup.job_id}").json()
    assert body["state"] == "failed"
    assert "photo.jpg" in body["error"]


# --- Cancelling ------------------------------------------------------------------------------------------------------


@pytest.fixture
def exported(user: User) -> int:
    """The job of a file that the person has asked for, which waits."""
    job_id = request_export(user).export.job_id
    assert job_id is not None
    return job_id


def test_a_job_that_waits_can_be_cancelled_by_its_person(api: APIClient, user: User, exported: int) -> None:
    response = api.post(f"{JOBS}/{exported}/cancel")

    assert (response.status_code, response.json()["state"], response.json()["error"]) == (200, "cancelled", CANCELLED)
    assert Job.objects.get(pk=exported).error == views.CANCELLED_BY_PERSON
    drain(export_data.queue)
    assert not Export.objects.get(user=user).is_ready


def test_a_job_that_is_cancelled_already_stays_so(api: APIClient, exported: int) -> None:
    first = api.post(f"{JOBS}/{exported}/cancel").json()
    assert api.post(f"{JOBS}/{exported}/cancel").json() == first


def test_a_delayed_job_can_be_cancelled(api: APIClient, user: User) -> None:
    made = export_data.using(user=user, run_after=timedelta(hours=1)).enqueue(user_id=user.pk)
    assert api.post(f"{JOBS}/{made.id}/cancel").json()["state"] == "cancelled"


def test_a_job_that_runs_is_not_cancelled(api: APIClient, exported: int) -> None:
    (claim,) = ledger.claim(export_data.queue, 1, "a-worker", timedelta(seconds=30))
    problem = problem_of(api.post(f"{JOBS}/{exported}/cancel"), 409)
    assert (problem["code"], claim.id) == ("job_active", exported)
    assert Job.objects.get(pk=exported).state == "active"


@pytest.mark.parametrize("state", ["completed", "failed"])
def test_a_job_that_has_ended_is_not_cancelled(api: APIClient, exported: int, state: str) -> None:
    Job.objects.filter(pk=exported).update(state=state, finished_at=Now())
    problem = problem_of(api.post(f"{JOBS}/{exported}/cancel"), 409)
    assert (problem["code"], state in problem["detail"]) == ("job_ended", True)
    assert Job.objects.get(pk=exported).state == state


def test_a_job_that_nobody_asked_for_is_not_cancelled(api: APIClient, user: User) -> None:
    made = tasks.add.using(user=user).enqueue(x=1, y=2)
    assert problem_of(api.post(f"{JOBS}/{made.id}/cancel"), 403)["code"] == "job_not_asked_for"
    assert Job.objects.get(pk=made.id).state == "waiting"


@pytest.mark.parametrize("whose", ["another", "nobody"])
def test_the_job_of_somebody_else_is_not_cancelled(api: APIClient, whose: str) -> None:
    other = UserFactory()
    made = export_data.using(user=other if whose == "another" else None).enqueue(user_id=other.pk)
    assert problem_of(api.post(f"{JOBS}/{made.id}/cancel"), 404)["code"] == "not_found"
    assert problem_of(APIClient().post(f"{JOBS}/{made.id}/cancel"), 401)["code"] == "not_authenticated"
    assert Job.objects.get(pk=made.id).state == "waiting"


# --- Waiting ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_request_waits_for_the_end(api: APIClient, user: User) -> None:
    made = tasks.add.using(user=user).enqueue(x=1, y=2)

    def work() -> None:
        drain()
        connection.close()

    later = threading.Timer(0.2, work)
    later.start()
    body = api.get(f"{JOBS}/{made.id}?wait=20").json()
    later.join(20)
    assert body["state"] == "completed"


def test_a_wait_that_is_over_tells_where_the_job_stands(api: APIClient, user: User) -> None:
    made = tasks.add.using(user=user).enqueue(x=1, y=2)
    response = api.get(f"{JOBS}/{made.id}?wait=0.05")
    assert (response.status_code, response.json()["state"], response["Retry-After"]) == (200, "waiting", "2")


def test_a_request_without_a_place_to_wait_is_answered_at_once(
    api: APIClient, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "places", threading.BoundedSemaphore(1))

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("it waited")

    monkeypatch.setattr(views, "wait_until_finished", never)
    made = tasks.add.using(user=user).enqueue(x=1, y=2)
    with views.places:
        assert api.get(f"{JOBS}/{made.id}?wait=30").json()["state"] == "waiting"
    monkeypatch.setattr(views, "wait_until_finished", lambda *_, **__: None)
    assert [api.get(f"{JOBS}/{made.id}?wait=30").status_code for _ in range(3)] == [200] * 3


@pytest.mark.parametrize("wait", ["31", "-1", "soon", "nan", "inf"])
def test_a_wait_that_is_none_is_refused(api: APIClient, user: User, wait: str) -> None:
    made = tasks.add.using(user=user).enqueue(x=1, y=2)
    assert [field for field, _ in errors_of(api.get(f"{JOBS}/{made.id}?wait={wait}"))] == ["wait"]


# --- The list --------------------------------------------------------------------------------------------------------


def test_the_list_is_of_the_person_s_own_jobs_and_comes_in_pages(api: APIClient, user: User) -> None:
    numbers = [tasks.add.using(user=user).enqueue(x=n, y=0).id for n in range(3)]
    tasks.add.using(user=UserFactory()).enqueue(x=9, y=0)

    first = api.get(f"{JOBS}?page_size=2").json()
    rest = api.get(first["next"]).json()

    assert [job["id"] for job in first["results"] + rest["results"]] == numbers[::-1]
    assert rest["next"] is None
    assert "result" not in first["results"][0]


def test_a_list_that_has_not_changed_is_not_sent_again(api: APIClient, user: User) -> None:
    tasks.fail.using(user=user, attempts=1).enqueue(message="password=swordfish at 10.0.0.7")
    seen = {"If-None-Match": api.get(JOBS)["ETag"]}
    assert api.get(JOBS, headers=seen).status_code == 304

    drain()
    changed = api.get(JOBS, headers=seen)
    assert (changed.status_code, changed.json()["results"][0]["error"]) == (200, FAILED)


def test_the_list_can_be_filtered_by_state_and_task(api: APIClient, user: User) -> None:
    done = tasks.add.using(user=user).enqueue(x=1, y=0).id
    drain()
    waits = tasks.add.using(user=user).enqueue(x=2, y=0).id
    other = tasks.give_back.using(user=user).enqueue(value=1).id

    def listed(query: str) -> list[int]:
        return [job["id"] for job in api.get(f"{JOBS}?{query}").json()["results"]]

    assert listed("state=completed") == [done]
    assert listed("state=waiting") == [other, waits]
    assert listed("state=waiting&task=tests.add") == [waits]
    assert [field for field, _ in errors_of(api.get(f"{JOBS}?state=lost"))] == ["state"]
