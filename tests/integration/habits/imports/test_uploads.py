"""Backups of other apps over REST: uploaded, imported by a job, and seen by their person alone."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from habits import services
from habits.imports.forgetting import KEEP_BACKUPS
from habits.models import Backup, Habit, User
from habits.tasks import tidy_accounts
from tests.factories import UserFactory
from tests.holding import waiting_backends
from tests.integration.habits.phones import busy
from tests.integration.habits.problems import errors_of, problem_of
from tests.integration.jobs.drains import drain
from tests.integration.notifications.clients import client_of
from tests.threads import at_once, beside
from tests.workers import eventually

pytestmark = pytest.mark.django_db

IMPORTS = "/api/v1/imports"
HABITBULL = b"HabitName,HabitDescription,HabitCategory,CalendarDate,Value,CommentText\nRun,,,2026-01-01,1,\n"


def upload(api: APIClient, name: str = "HabitBull.csv", content: bytes = HABITBULL, key: Any = None) -> Any:
    headers = {"Idempotency-Key": str(key)} if key else {}
    return api.post(IMPORTS, {"file": SimpleUploadedFile(name, content)}, format="multipart", headers=headers)


@pytest.mark.usefixtures("bells", "pulse")
def test_a_backup_is_uploaded_and_its_job_imports_it(api: APIClient, user: User) -> None:
    taken = upload(api)

    body = taken.json()
    assert (taken.status_code, body["filename"], body["size"]) == (202, "HabitBull.csv", len(HABITBULL))
    assert body["imported_at"] is None
    drain("imports")
    assert api.get(taken["Location"]).json()["result"]["habits_created"] == 1
    assert api.get(f"{IMPORTS}/{body['id']}").json()["imported_at"]
    assert [row["id"] for row in api.get(IMPORTS).json()["results"]] == [body["id"]]
    assert list(Habit.objects.values_list("user", "name")) == [(user.pk, "Run")]


def test_a_file_that_is_too_large_is_refused(api: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("habits.serializers.imports.MAX_BACKUP", 10)
    assert errors_of(upload(api)) == [("file", "A backup has at most 10 bytes.")]
    assert not Backup.objects.exists()


def test_an_upload_without_a_file_or_with_an_empty_one_is_refused(api: APIClient) -> None:
    assert [field for field, _ in errors_of(api.post(IMPORTS, {}, format="multipart"))] == ["file"]
    assert [field for field, _ in errors_of(upload(api, content=b""))] == ["file"]
    assert problem_of(api.post(IMPORTS, {"file": "x"}, format="json"), 415)


def test_a_file_that_no_import_has_emptied_is_forgotten_after_a_month(api: APIClient) -> None:
    late, early = upload(api).json()["id"], upload(api).json()["id"]
    Backup.objects.filter(pk=early).update(uploaded_at=Backup.objects.get(pk=early).uploaded_at - KEEP_BACKUPS)
    assert tidy_accounts()["backups"] == 1
    assert Backup.objects.get(pk=early).content is None
    assert Backup.objects.get(pk=late).content is not None


def test_the_backups_of_somebody_else_do_not_exist(api: APIClient) -> None:
    theirs = services.accept_backup(user=UserFactory(), filename="theirs.csv", content=HABITBULL)
    assert problem_of(api.get(f"{IMPORTS}/{theirs.pk}"), 404)
    assert api.get(IMPORTS).json()["results"] == []


@pytest.mark.usefixtures("bells", "pulse")
def test_what_is_removed_before_its_job_begins_is_not_imported(api: APIClient) -> None:
    taken = upload(api)

    assert api.delete(f"{IMPORTS}/{taken.json()['id']}").status_code == 204
    drain("imports")
    job = api.get(taken["Location"]).json()
    assert (job["state"], job["error"]) == ("cancelled", "It was cancelled.")
    assert api.get(IMPORTS).json()["results"] == []
    assert not Habit.objects.exists()


@pytest.mark.usefixtures("bells", "pulse")
def test_what_was_imported_stays_when_its_file_is_removed(api: APIClient) -> None:
    backup = upload(api).json()["id"]
    drain("imports")

    assert api.delete(f"{IMPORTS}/{backup}").status_code == 204
    assert api.get(f"{IMPORTS}/{backup}").status_code == 404
    assert Habit.objects.get().name == "Run"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("bells", "pulse")
def test_a_file_that_is_being_imported_is_not_removed(api: APIClient, user: User) -> None:
    backup = upload(api).json()["id"]
    with busy(user):
        importing = beside(lambda: drain("imports"))
        eventually(waiting_backends)
        assert problem_of(api.delete(f"{IMPORTS}/{backup}"), 409)["code"] == "import_running"
    importing()

    assert Habit.objects.get().name == "Run"
    assert api.delete(f"{IMPORTS}/{backup}").status_code == 204


@pytest.mark.usefixtures("bells", "pulse")
def test_an_upload_that_is_repeated_makes_no_second_import(api: APIClient) -> None:
    key = uuid4()
    first = upload(api, key=key)
    drain("imports")
    again = upload(api, key=key)

    assert (first.status_code, again.status_code) == (202, 202)
    assert (again.json()["id"], again["Location"]) == (first.json()["id"], first["Location"])
    assert again.json()["imported_at"] is not None
    assert Backup.objects.count() == 1


@pytest.mark.parametrize("other", [{"content": HABITBULL + b"Run,,,2026-01-02,1,\n"}, {"name": "Rewire.csv"}])
def test_another_file_needs_another_key(api: APIClient, other: dict[str, Any]) -> None:
    key = uuid4()
    upload(api, key=key)

    assert problem_of(upload(api, key=key, **other), 422)["code"] == "idempotency_key_reused"
    assert upload(api, key=uuid4(), **other).status_code == 202
    assert Backup.objects.count() == 2


def test_without_a_key_or_from_somebody_else_an_upload_is_another_one(api: APIClient) -> None:
    key = uuid4()
    answers = [upload(api, key=key), upload(api), upload(api), upload(client_of(UserFactory()), key=key)]

    assert len({answer.json()["id"] for answer in answers}) == 4


def test_what_is_no_key_is_refused_before_anything_is_kept(api: APIClient) -> None:
    assert problem_of(upload(api, key="again"), 400)["code"] == "shape"
    assert not Backup.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_upload_that_comes_several_times_at_once_is_kept_once() -> None:
    person, key, answers = UserFactory(), uuid4(), []
    at_once(*[lambda: answers.append(upload(client_of(person), key=key).json())] * 4)

    assert answers[0]["job"]
    assert answers[1:] == answers[:1] * 3
    assert Backup.objects.count() == 1


@pytest.mark.usefixtures("bells", "pulse")
def test_uploads_are_listed_by_whether_they_are_imported_and_not_sent_again(api: APIClient) -> None:
    done = upload(api).json()["id"]
    drain("imports")
    seen = api.get(IMPORTS)["ETag"]
    assert api.get(IMPORTS, headers={"If-None-Match": seen}).status_code == 304
    waiting = upload(api).json()["id"]

    assert api.get(IMPORTS, headers={"If-None-Match": seen}).status_code == 200
    for imported, expected in {"true": [done], "false": [waiting], "": [waiting, done]}.items():
        query = {"imported": imported} if imported else {}
        assert [row["id"] for row in api.get(IMPORTS, query).json()["results"]] == expected
    assert [name for name, _ in errors_of(api.get(IMPORTS, {"imported": "maybe"}))] == ["imported"]
