"""Backups of other apps over REST: uploaded, imported by a job, and seen by their person alone."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from habits import services
from habits.imports.forgetting import KEEP_BACKUPS
from habits.models import Backup, Habit, User
from habits.tasks import tidy_accounts
from tests.factories import UserFactory
from tests.integration.habits.problems import errors_of, problem_of
from tests.integration.jobs.drains import drain

pytestmark = pytest.mark.django_db

IMPORTS = "/api/v1/imports"
HABITBULL = b"HabitName,HabitDescription,HabitCategory,CalendarDate,Value,CommentText\nRun,,,2026-01-01,1,\n"


def upload(api: APIClient, name: str = "HabitBull.csv", content: bytes = HABITBULL):
    return api.post(IMPORTS, {"file": SimpleUploadedFile(name, content)}, format="multipart")


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
