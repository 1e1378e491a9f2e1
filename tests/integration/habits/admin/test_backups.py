"""Backups in the admin: who uploads them, and what their pages say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from focusjobs.jobs.models import Job
from focusjobs.jobs.worker.drain import drain
from habits import services
from habits.imports.sample import write_loop_sample
from habits.models import Backup, Habit, User
from tests.accounts import person, superuser
from tests.factories import UserFactory
from tests.integration.habits.admin.pages import list_queries, text

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 10)
UPLOAD = reverse("admin:habits_backup_add")


def upload(client: Client, user: User, content: bytes, name: str = "Loop.db", **more: Any) -> Any:
    return client.post(UPLOAD, {"user": user.pk, "file": SimpleUploadedFile(name, content)}, **more)


RIGHTS: list[tuple[str, Callable[[], User | None], int]] = [
    ("nobody", lambda: None, 302),
    ("plain staff", person, 403),
    ("one who may look at backups", lambda: person("habits.view_backup"), 403),
    ("one who may upload", lambda: person("habits.view_backup", "habits.add_backup"), 200),
    ("a superuser", superuser, 200),
]


@pytest.mark.parametrize(("make_user", "status"), [row[1:] for row in RIGHTS], ids=[row[0] for row in RIGHTS])
def test_uploading_needs_the_right_to_it(make_user: Callable[[], User | None], status: int) -> None:
    client, user, owner = Client(), make_user(), UserFactory()
    if user:
        client.force_login(user)

    assert client.get(UPLOAD).status_code == status
    upload(client, owner, b"content")

    assert Backup.objects.count() == Job.objects.count() == (status == 200)


def test_an_upload_enqueues_its_import_and_leads_to_the_job(client: Client) -> None:
    owner = UserFactory(email="ana@example.com")

    response = upload(client, owner, b"content", name="My habits.db", follow=True)

    backup = Backup.objects.get()
    assert (backup.user, backup.filename, bytes(backup.content or b"")) == (owner, "My habits.db", b"content")
    assert response.redirect_chain == [(reverse("admin:jobs_job_change", args=[backup.job_id]), 302)]
    assert f"“My habits.db” is here; job {backup.job_id} restores the habits of ana@example.com." in text(response)
    assert "habits.import_backup for ana@example.com waits" in text(response)


def test_one_who_may_not_look_at_jobs_is_led_to_the_backups() -> None:
    client = Client()
    client.force_login(person("habits.view_backup", "habits.add_backup"))

    response = upload(client, UserFactory(), b"content", follow=True)

    assert response.redirect_chain == [(reverse("admin:habits_backup_changelist"), 302)]
    assert response.status_code == 200


def test_a_file_that_is_too_large_is_refused_in_the_form(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MAX_BACKUP", 1024)

    response = upload(client, UserFactory(), b"x" * 2048)

    assert response.status_code == 200
    assert "“Loop.db” has 2.0 KB; 1.0 KB are allowed." in text(response).replace("\xa0", " ")
    assert not Backup.objects.exists()


def test_an_empty_file_is_refused_in_the_form(client: Client) -> None:
    response = upload(client, UserFactory(), b"")

    assert "The submitted file is empty." in text(response)
    assert not Backup.objects.exists()


@pytest.mark.usefixtures("pulse")
@pytest.mark.django_db(transaction=True)
def test_a_truncated_backup_ends_in_a_failed_job_whose_page_says_what_is_wrong(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "Loop.db"
    write_loop_sample(path, seed=1, today=DAY, years=1)
    upload(client, UserFactory(), path.read_bytes()[:20_000])

    drain("imports")

    job = Job.objects.get(task="habits.import_backup")
    said = text(client.get(reverse("admin:jobs_job_change", args=[job.pk])))
    assert job.state == "failed"
    assert "This backup is damaged or incomplete." in said
    assert "UnreadableBackup" in said
    assert not Habit.objects.exists()
    assert "failed job" in text(client.get(reverse("admin:habits_backup_changelist")))


@pytest.mark.usefixtures("pulse")
@pytest.mark.django_db(transaction=True)
def test_a_good_backup_is_imported_and_both_pages_say_so(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "Loop.db"
    write_loop_sample(path, seed=1, today=DAY, years=1)
    upload(client, UserFactory(), path.read_bytes())

    drain("imports")

    backup = Backup.objects.get()
    page = text(client.get(reverse("admin:jobs_job_change", args=[backup.job_id])))
    assert f"&quot;habits_created&quot;: {Habit.objects.count()}" in page
    assert "completed" in text(client.get(reverse("admin:habits_backup_changelist")))
    assert client.get(reverse("admin:habits_backup_change", args=[backup.pk])).status_code == 200


def test_the_list_of_backups_reads_no_file_and_all_states_at_once(client: Client) -> None:
    url = reverse("admin:habits_backup_changelist")
    services.accept_backup(user=UserFactory(), filename="a.db", content=b"a")
    few = list_queries(client, url)
    for number in range(5):
        services.accept_backup(user=UserFactory(), filename=f"{number}.db", content=b"a")

    many = list_queries(client, url)

    assert len(many) == len(few)
    assert not any('"habits_backup"."content"' in sql for sql in many)
