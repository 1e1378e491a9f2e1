"""The file of all data: who gets it, what is in it and what is not."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db.models import BinaryField
from rest_framework.test import APIClient

from focusjobs.jobs.models import Job
from habits import services
from habits.exports.ownership import NOT_THEIRS, SECRETS, tables
from habits.models import Export, User
from habits.tasks import export_data, tidy_accounts
from tests import tasks
from tests.factories import UserFactory
from tests.integration.habits.everything import person_with_everything
from tests.integration.habits.problems import problem_of

pytestmark = pytest.mark.django_db

EXPORT, FILE = "/api/v1/me/export", "/api/v1/me/export/file"
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


def client_of(user: User) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(user)
    return client


def make(user: User) -> dict[str, bytes]:
    """Have the file made, fetch it, and give what is in it by name."""
    api = client_of(user)
    api.post(EXPORT)
    export_data(user_id=user.pk)
    Job.objects.filter(user=user, task=export_data.name).update(state="completed", finished_at=NOON)
    return unpacked(api.get(FILE).content)


def unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


# --- Asking for it ---------------------------------------------------------------------------------------------------


def test_a_person_asks_for_the_file_and_gets_it_once_it_is_made(api: APIClient, user: User) -> None:
    asked = api.post(EXPORT)

    number = asked.json()["job"]
    assert (asked.status_code, asked.json()["state"], asked.json()["file"]) == (202, "making", None)
    assert asked["Location"] == f"http://testserver/api/v1/jobs/{number}"
    assert problem_of(api.get(FILE), 404)

    told = export_data(user_id=user.pk)
    Job.objects.filter(pk=number).update(state="completed", finished_at=NOON)
    state = api.get(EXPORT).json()

    assert (state["state"], state["size"], state["file"]) == ("ready", told["bytes"], f"http://testserver{FILE}")
    assert state["expires_at"] == "2026-03-17T12:00:00Z"
    file = api.get(FILE, headers={"Accept": "application/zip"})
    assert (file.status_code, file["Content-Type"], len(file.content)) == (200, "application/zip", told["bytes"])
    assert file["Content-Disposition"] == 'attachment; filename="focusjobs-2026-03-10.zip"'
    assert file["Cache-Control"] == "private, no-store"


def test_asking_again_while_it_is_made_finds_the_same_job(api: APIClient) -> None:
    numbers = {api.post(EXPORT).json()["job"] for _ in range(3)}
    assert len(numbers) == 1
    assert Job.objects.filter(task=export_data.name).count() == 1


def test_the_earlier_file_stays_until_the_next_one_is_made(api: APIClient, user: User) -> None:
    make(user)
    again = api.post(EXPORT).json()
    assert (again["state"], again["file"]) == ("making", f"http://testserver{FILE}")
    assert api.get(FILE).status_code == 200


def test_only_its_owner_gets_the_file(user: User) -> None:
    make(user)
    stranger = client_of(UserFactory())
    assert problem_of(stranger.get(FILE), 404)
    assert problem_of(stranger.get(EXPORT), 404)
    assert stranger.delete(EXPORT).status_code == 204
    assert Export.objects.get().content is not None
    for address in (EXPORT, FILE):
        problem_of(APIClient().get(address), 401)


def test_the_file_expires_and_is_deleted(api: APIClient, user: User, settings: Any) -> None:
    settings.EXPORT_KEEP = timedelta(days=2)
    make(user)
    with time_machine.travel(NOON + timedelta(days=2, seconds=1), tick=False):
        assert problem_of(api.get(FILE), 404)
        assert problem_of(api.get(EXPORT), 404)
        assert tidy_accounts()["exports"] == 1
    assert not Export.objects.exists()


def test_a_file_can_be_deleted_before(api: APIClient, user: User) -> None:
    make(user)
    assert api.delete(EXPORT).status_code == 204
    assert problem_of(api.get(FILE), 404)
    assert Export.objects.get().content is None


def test_a_making_that_failed_says_so(api: APIClient) -> None:
    number = api.post(EXPORT).json()["job"]
    Job.objects.filter(pk=number).update(state="failed", finished_at=NOON)
    assert api.get(EXPORT).json()["state"] == "failed"
    assert api.post(EXPORT).json()["job"] != number


def test_files_are_made_a_few_times_an_hour(api: APIClient, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "files"}}
    monkeypatch.setattr("habits.views.throttles.AccountRate.THROTTLE_RATES", {"account": "2/hour"})
    assert [api.post(EXPORT).status_code for _ in range(3)] == [202, 202, 429]
    assert api.get(EXPORT).status_code == 200


def test_no_file_is_made_of_an_account_that_is_being_erased(user: User) -> None:
    client_of(user).post(EXPORT)
    User.objects.filter(pk=user.pk).update(closed_at=NOON, is_active=False)
    assert export_data(user_id=user.pk) == {}


# --- What is in it ---------------------------------------------------------------------------------------------------


def test_habits_and_days_are_in_it_for_people_to_read(user: User) -> None:
    habit, _ = services.create_habit(user=user, client_id="run", name="Run, “fast”", kind="measured", target_value=1)
    services.record_completion(habit=habit, day=date(2026, 3, 8), value=2500, note="by the river\nand back")
    services.record_completion(habit=habit, day=date(2026, 3, 9), skipped=True)
    services.record_completion(habit=habit, day=date(2026, 3, 10), value=1_000_000_000)
    services.create_habit(user=UserFactory(), name="Theirs")

    files = make(user)

    assert [(row["client_id"], row["name"]) for row in json.loads(files["habits.json"])] == [("run", "Run, “fast”")]
    assert list(csv.reader(io.StringIO(files["days.csv"].decode()))) == [
        ["habit_id", "habit", "day", "value", "skipped", "note"],
        ["run", "Run, “fast”", "2026-03-08", "2.5", "0", "by the river\nand back"],
        ["run", "Run, “fast”", "2026-03-09", "", "1", ""],
        ["run", "Run, “fast”", "2026-03-10", "1000000", "0", ""],
    ]
    assert user.email in files["README.txt"].decode()
    assert b"Theirs" not in b"".join(files.values())


def test_every_table_with_rows_of_the_person_is_in_it_and_no_row_of_anybody_else() -> None:
    user = person_with_everything("zanzibar7")
    person_with_everything("madagascar8")

    files = make(user)

    rows = {name: content.count(b"\n") for name, content in files.items() if name.startswith("tables/")}
    assert set(rows) == {f"tables/{table.label}.jsonl" for table in tables()}
    assert {number for name, number in rows.items() if "jobs.Job" not in name} == {1}
    everything = b"".join(files.values())
    assert b"zanzibar7" in everything
    assert b"madagascar8" not in everything
    assert {"tables/notifications.Reminder.jsonl", "tables/analytics.UserDay.jsonl"} <= set(rows)


def test_what_would_open_the_account_is_not_in_it() -> None:
    user = person_with_everything("zanzibar7")
    rows = {name: content.decode() for name, content in make(user).items()}

    for label, secrets in SECRETS.items():
        row = json.loads(rows[f"tables/{label}.jsonl"])
        assert not secrets & set(row), label
    assert "password" not in json.loads(rows["tables/habits.User.jsonl"])


SUSPICIOUS = re.compile(r"secret|token|digest|password|cipher|(^|_)hash|(^|_)key$|^data$|^address$|^content$")
HARMLESS = {
    ("habits.Backup", "key"),
    ("habits.SyncPush", "key"),
    ("notifications.InboxItem", "data"),
    ("notifications.Notification", "occurrence_key"),
    ("notifications.Preference", "digest"),
    ("notifications.Reminder", "key"),
}


def test_every_column_that_sounds_like_a_secret_is_withheld_or_known_to_be_none() -> None:
    found = {(table.label, name) for table in tables() for name in table.fields if SUSPICIOUS.search(name)}
    assert found <= HARMLESS


def test_every_field_and_model_that_is_left_out_exists() -> None:
    known = {table.label: table.model for table in tables()}
    for label, names in SECRETS.items():
        assert names <= {field.name for field in known[label]._meta.concrete_fields}, label
    assert not NOT_THEIRS & set(known)
    for table in tables():
        binary = {f.attname for f in table.model._meta.concrete_fields if isinstance(f, BinaryField)}
        assert not binary & set(table.fields)


def test_of_jobs_only_what_is_the_person_s_is_in_it(user: User) -> None:
    tasks.fail.using(user=user).enqueue(message="inside the server")
    rows = [json.loads(line) for line in make(user)["tables/jobs.Job.jsonl"].splitlines()]
    assert [row["task"] for row in rows] == ["tests.fail", "habits.export_data"]
    assert set(rows[0]) == {
        *("id", "task", "state", "attempt", "created_at", "started_at", "finished_at", "progress"),
    }


def test_the_days_of_a_person_are_looked_up_one_by_one(user: User) -> None:
    """By the person alone, whose number comes second in the key, the days of all people would be read."""
    (table,) = [table for table in tables() if table.label == "analytics.UserDay"]
    query = str(table.rows(user.pk).query)
    assert '"analytics_userday"."day" IN (2026-03-11, 2026-03-10, 2026-03-09, ' in query
    assert query.count("1970-01-01") == 1
