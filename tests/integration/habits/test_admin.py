"""People, habits, days and backups in the admin."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from focusjobs.jobs.models import Job
from focusjobs.jobs.worker.drain import drain
from habits import selectors, services
from habits.domain.records import Part
from habits.imports.sample import write_loop_sample
from habits.models import Backup, Completion, Habit, User
from tests.accounts import person, superuser
from tests.factories import CompletionFactory, HabitFactory, UserFactory
from tests.integration.jobs.conftest import pulse  # noqa: F401 - drains of these tests use no thread of their own

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 10)
UPLOAD = reverse("admin:habits_backup_add")


@pytest.fixture
def client(client: Client) -> Client:
    client.force_login(superuser())
    return client


def text(response: Any) -> str:
    words = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", words)


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


def list_queries(client: Client, url: str) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return [query["sql"] for query in queries]


def test_the_list_of_backups_reads_no_file_and_all_states_at_once(client: Client) -> None:
    url = reverse("admin:habits_backup_changelist")
    services.accept_backup(user=UserFactory(), filename="a.db", content=b"a")
    few = list_queries(client, url)
    for number in range(5):
        services.accept_backup(user=UserFactory(), filename=f"{number}.db", content=b"a")

    many = list_queries(client, url)

    assert len(many) == len(few)
    assert not any('"habits_backup"."content"' in sql for sql in many)


def test_the_list_of_records_costs_the_same_queries_for_many_and_counts_nothing(client: Client) -> None:
    url = reverse("admin:habits_completion_changelist")
    CompletionFactory()
    few = list_queries(client, url)
    CompletionFactory.create_batch(70)

    many = list_queries(client, url)

    assert len(many) == len(few)
    assert not any("COUNT(" in sql for sql in many)


def test_a_habits_page_leads_to_its_own_records(client: Client) -> None:
    habit, other = HabitFactory(), HabitFactory()
    record = CompletionFactory(habit=habit, note="after the run")
    CompletionFactory(habit=other, note="elsewhere")

    page = client.get(reverse("admin:habits_habit_change", args=[habit.pk]))
    url = f"{reverse('admin:habits_completion_changelist')}?habit__id__exact={habit.pk}"

    assert url in page.content.decode()
    assert f"{record.day}: done" in text(page)
    assert "Strength" in text(page)
    assert "after the run" in text(client.get(url))
    assert "elsewhere" not in text(client.get(url))


def record(client: Client, habit: Habit, **fields: Any) -> Any:
    content = {"habit": habit.pk, "day": str(DAY), "value": "", "note": "", **fields}
    return client.post(reverse("admin:habits_completion_add"), content)


def test_a_record_made_in_the_admin_says_so_and_makes_statistics_stale(client: Client) -> None:
    habit = HabitFactory()

    assert record(client, habit, value="1000").status_code == 302

    made = Completion.objects.get()
    habit.refresh_from_db()
    assert (made.day, made.value, made.source) == (DAY, 1000, "admin")
    assert habit.completions_version == 1


def test_what_a_record_cannot_be_is_said_in_the_form(client: Client) -> None:
    habit = HabitFactory()

    assert "has the value 1 for done or 0 for not done" in text(record(client, habit, value="5"))
    assert "A record has a value, is skipped, or has a note" in text(record(client, habit))
    assert "can be recorded, not 2999-01-01" in text(record(client, habit, day="2999-01-01", value="0"))
    assert not Completion.objects.exists()


@pytest.mark.parametrize(("kind", "slot"), [("yes_no", ""), ("counted", "phone-a")])
def test_a_second_record_of_a_day_is_refused(client: Client, kind: str, slot: str) -> None:
    made = CompletionFactory(day=DAY, slot=slot, habit__kind=kind)

    response = record(client, made.habit, value="0")

    assert "A record of this day already exists; change that one." in text(response)
    assert list(Completion.objects.values_list("value", flat=True)) == [1000]


def test_a_day_that_was_forgotten_can_be_recorded_again(client: Client) -> None:
    made = CompletionFactory(day=DAY)
    services.clear_completion(habit=made.habit, day=DAY)

    assert record(client, made.habit, value="0").status_code == 302

    assert list(Completion.objects.values_list("value", flat=True)) == [0]


def test_what_several_phones_counted_is_shown_and_changed_as_one_day(client: Client) -> None:
    habit = HabitFactory(kind="counted")
    first, _ = (CompletionFactory(habit=habit, day=DAY, slot=slot, value=3000) for slot in ("a", "b"))
    url = reverse("admin:habits_completion_change", args=[first.pk])

    shown = client.get(url).context["adminform"].form.initial
    unchanged = client.post(url, {"value": "6000", "note": ""})
    changed = client.post(url, {"value": "5000", "note": "one was tea"})

    assert (shown["value"], shown["skipped"], shown["note"]) == (6000, False, "")
    assert (unchanged.status_code, changed.status_code) == (302, 302)
    assert selectors.recorded_day(habit, DAY).part == Part(5000, note="one was tea")
    assert habit.completions.get(slot="a").value == 3000


def test_what_is_kept_for_phones_alone_is_not_listed(client: Client) -> None:
    forgotten = CompletionFactory(day=DAY, habit__name="Forgotten")
    services.clear_completion(habit=forgotten.habit, day=DAY)
    hidden = CompletionFactory(habit__name="Hidden")
    services.delete_habit(habit=hidden.habit)
    CompletionFactory(habit__name="Shown")

    page = text(client.get(reverse("admin:habits_completion_changelist")))

    assert "Shown" in page
    assert "Forgotten" not in page
    assert "Hidden" not in page


def test_a_deleted_habit_cannot_be_changed_or_recorded(client: Client) -> None:
    habit = HabitFactory(name="Read")
    services.delete_habit(habit=habit)
    page = reverse("admin:habits_habit_change", args=[habit.pk])

    for response in (client.post(page, {**HABIT, "name": "No"}), record(client, habit, value="1000")):
        assert "This habit is deleted; until its person restores it, nothing of it can be changed." in text(response)

    habit.refresh_from_db()
    assert (habit.name, habit.completions.count()) == ("Read", 0)


def test_changing_and_deleting_a_record_makes_statistics_stale(client: Client) -> None:
    made = CompletionFactory(day=DAY)
    url = reverse("admin:habits_completion_change", args=[made.pk])

    assert client.post(url, {"value": "", "skipped": "on", "note": "ill"}).status_code == 302
    made.refresh_from_db()
    assert (made.value, made.skipped, made.note, made.source) == (None, True, "ill", "admin")
    assert client.post(reverse("admin:habits_completion_delete", args=[made.pk]), {"post": "yes"}).status_code == 302

    assert selectors.recorded_day(made.habit, DAY) is None
    assert Habit.objects.get().completions_version == 2


HABIT = {
    "name": "Read",
    "kind": "yes_no",
    "freq_num": "1",
    "freq_den": "1",
    "weekdays": "127",
    "position": "1",
    "target_type": "at_least",
    "target_value": "0",
    "reminder_weekdays": "127",
}


def test_a_habit_is_made_changed_and_archived_in_the_admin(client: Client) -> None:
    owner = UserFactory()

    made = client.post(reverse("admin:habits_habit_add"), {**HABIT, "user": owner.pk})
    habit = Habit.objects.get()
    changed = client.post(
        reverse("admin:habits_habit_change", args=[habit.pk]),
        {**HABIT, "freq_den": "7", "freq_num": "3", "archived": "on"},
    )

    habit.refresh_from_db()
    assert (made.status_code, changed.status_code) == (302, 302)
    assert (habit.user, habit.name, habit.freq_num, habit.freq_den) == (owner, "Read", 3, 7)
    assert habit.archived_at is not None
    assert habit.completions_version == 2


def test_a_habit_that_cannot_be_is_refused_in_the_form(client: Client) -> None:
    habit = HabitFactory(name="Read")

    response = client.post(
        reverse("admin:habits_habit_change", args=[habit.pk]), {**HABIT, "name": "No", "freq_num": "9"}
    )

    assert "A day counts once, so 9 times do not fit into 1 days." in text(response)
    habit.refresh_from_db()
    assert habit.name == "Read"


def test_habits_and_backups_are_never_deleted_in_the_admin(client: Client) -> None:
    habit = HabitFactory()
    backup = services.accept_backup(user=habit.user, filename="a.db", content=b"a")

    for name, row in (("habit", habit), ("backup", backup)):
        assert client.post(reverse(f"admin:habits_{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403


def test_an_account_is_made_with_an_address_and_can_log_in(client: Client) -> None:
    word = "a rather long word 17"
    form = {"email": "New@Example.com", "password1": word, "password2": word, "usable_password": "true"}

    response = client.post(reverse("admin:habits_user_add"), form)

    assert response.status_code == 302
    made = User.objects.get(email="new@example.com")
    assert made.check_password(word)
    assert "Days and weeks" in text(client.get(reverse("admin:habits_user_change", args=[made.pk])))


def test_an_address_that_is_taken_is_refused_whatever_its_case(client: Client) -> None:
    UserFactory(email="ana@example.com")
    word = "a rather long word 17"
    form = {"email": "ANA@example.com", "password1": word, "password2": word, "usable_password": "true"}

    assert "This address has an account." in text(client.post(reverse("admin:habits_user_add"), form))


@pytest.mark.parametrize("name", ["user", "habit", "completion", "backup"])
def test_every_list_and_form_opens(client: Client, name: str) -> None:
    CompletionFactory()
    services.accept_backup(user=UserFactory(), filename="a.db", content=b"a")
    rows = {"user": User, "habit": Habit, "completion": Completion, "backup": Backup}
    first = rows[name].objects.order_by("pk").values_list("pk", flat=True)[0]  # type: ignore[attr-defined]

    assert client.get(reverse(f"admin:habits_{name}_changelist")).status_code == 200
    assert client.get(reverse(f"admin:habits_{name}_add")).status_code == 200
    assert client.get(reverse(f"admin:habits_{name}_change", args=[first])).status_code == 200
