"""What is edited on the server, over REST, in the admin and by an import: phones pull it like the edits of a phone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from habits.imports.backup import ImportedCompletion, ImportedHabit
from habits.imports.restore import restore
from habits.models import Completion, Habit, User
from tests.accounts import superuser
from tests.integration.habits.phones import NOW, Phone, edit, gone, habit, names, tick, values

pytestmark = pytest.mark.django_db

DAY = "/api/v1/habits/walk/completions/2026-01-01"


@pytest.fixture
def phone(user: User) -> Phone:
    """A phone that has a habit, “walk”, with one day, and has pulled."""
    phone = Phone(user)
    phone.push(habits=[habit()], completions=[tick()])
    phone.pull()
    return phone


# --- REST ------------------------------------------------------------------------------------------------------------


def test_a_habit_that_is_made_over_rest_is_pulled(phone: Phone, api: APIClient) -> None:
    made = api.post("/api/v1/habits", {"name": "Run", "unit": "km", "reminder_time": "07:30"}).json()
    (row,) = phone.pull()["changes"]["habits"]["updated"]
    assert (row["id"], row["name"], row["unit"], row["reminder_time"]) == (made["id"], "Run", "km", "07:30")


def test_a_change_over_rest_is_pulled_and_keeps_what_phones_changed_beside_it(phone: Phone, api: APIClient) -> None:
    assert api.patch("/api/v1/habits/walk", {"name": "Stroll"}).status_code == 200
    phone.push(habits=[edit(habit(), NOW + 1, archived=True)])
    (row,) = phone.pull()["changes"]["habits"]["updated"]
    assert (row["name"], row["archived"]) == ("Stroll", True)


def test_a_day_that_is_put_over_rest_wins_over_what_it_saw(phone: Phone, api: APIClient) -> None:
    assert api.put(DAY, {"value": 0, "note": "No"}).status_code == 200
    assert values(phone.push(completions=[edit(tick(), NOW + 1, value=1)])) == [0]
    (row,) = phone.pull()["changes"]["completions"]["updated"]
    assert (row["value"], row["note"]) == (0, "No")


def test_a_phone_that_saw_what_was_put_over_rest_wins_over_it(phone: Phone, api: APIClient) -> None:
    api.put(DAY, {"value": 0})
    (row,) = phone.pull()["changes"]["completions"]["updated"]
    phone.push(completions=[edit(row, row["updated_at"] + 1, value=1)])
    assert api.get(DAY.rsplit("/", 1)[0]).json()["results"][0]["value"] == 1


def test_what_is_put_twice_makes_no_version(phone: Phone, api: APIClient) -> None:
    api.put(DAY, {"value": 1, "note": "Rain"})
    cursor = phone.pull()["timestamp"]
    api.put(DAY, {"value": 1, "note": "Rain"})
    api.patch("/api/v1/habits/walk", {"name": "Walk"})
    assert phone.pull()["timestamp"] == cursor


def test_a_note_over_rest_leaves_the_value_to_the_phone(phone: Phone, api: APIClient) -> None:
    api.put(DAY, {"value": 1, "note": "Rain"})
    phone.push(completions=[edit(tick(), NOW + 1, value=0)])
    (row,) = phone.pull()["changes"]["completions"]["updated"]
    assert (row["value"], row["note"]) == (0, "Rain")


def test_a_day_that_is_cleared_over_rest_is_pulled_as_one_that_says_nothing(phone: Phone, api: APIClient) -> None:
    assert api.delete(DAY).status_code == 204
    answer = phone.pull()
    assert (values(answer), gone(answer)) == ([None], [])


def test_a_day_that_only_a_phone_recorded_is_shown_over_rest(phone: Phone, api: APIClient) -> None:
    phone.push(completions=[tick(day="2025-12-31", value=0, note="Ill")])
    records = api.get("/api/v1/habits/walk/completions").json()["results"]
    assert [(row["day"], row["value"], row["note"]) for row in records] == [
        ("2026-01-01", 1, ""),
        ("2025-12-31", 0, "Ill"),
    ]


# --- The admin -------------------------------------------------------------------------------------------------------


@pytest.fixture
def console(client: Client) -> Client:
    client.force_login(superuser())
    return client


FORM = {
    "name": "Stroll",
    "kind": "yes_no",
    "freq_num": "1",
    "freq_den": "1",
    "weekdays": "127",
    "position": "0",
    "target_type": "at_least",
    "target_value": "0",
    "reminder_weekdays": "127",
}


def test_a_habit_that_is_changed_in_the_admin_is_pulled(phone: Phone, console: Client) -> None:
    page = reverse("admin:habits_habit_change", args=[Habit.objects.get().pk])
    assert console.post(page, FORM).status_code == 302
    assert names(phone.pull()) == {"walk": "Stroll"}


def test_a_habit_that_is_made_in_the_admin_is_pulled(phone: Phone, console: Client, user: User) -> None:
    assert console.post(reverse("admin:habits_habit_add"), {**FORM, "user": user.pk}).status_code == 302
    assert list(names(phone.pull()).values()) == ["Stroll"]


@pytest.mark.parametrize(
    ("page", "form", "pulled"),
    [("change", {"value": "0", "note": "Rain"}, [0]), ("delete", {"post": "yes"}, [None])],
)
def test_a_record_that_is_changed_in_the_admin_is_pulled(
    phone: Phone, console: Client, page: str, form: dict[str, str], pulled: list[Any]
) -> None:
    address = reverse(f"admin:habits_completion_{page}", args=[Completion.objects.get().pk])
    assert console.post(address, form).status_code == 302
    assert values(phone.pull()) == pulled


# --- Imports ---------------------------------------------------------------------------------------------------------


def test_an_import_is_pulled_and_wins_over_what_it_found(phone: Phone, user: User) -> None:
    days = (ImportedCompletion(date(2026, 1, 1), 0), ImportedCompletion(date(2025, 12, 31), 1000))
    restore(user, [ImportedHabit(name="Stroll", uid="walk", completions=days)])
    answer = phone.pull()
    assert (names(answer), values(answer)) == ({"walk": "Stroll"}, [1, 0])
    assert values(phone.push(completions=[edit(tick(), NOW + 1, value=1)])) == [0]


def test_an_import_of_what_is_there_already_makes_no_version(phone: Phone, user: User) -> None:
    imported = [ImportedHabit(name="Run", uid="run", completions=(ImportedCompletion(date(2026, 1, 1), 1000),))]
    restore(user, imported)
    cursor = phone.pull()["timestamp"]
    restore(user, imported)
    assert phone.pull()["timestamp"] == cursor


def test_an_import_brings_a_habit_back_that_a_phone_deleted(phone: Phone, user: User) -> None:
    phone.push(deleted=[("habits", "walk")])
    phone.pull()
    restore(user, [ImportedHabit(name="Walk", uid="walk", completions=())])
    answer = phone.pull()
    assert (names(answer), values(answer)) == ({"walk": "Walk"}, [1])


# --- Everything else -------------------------------------------------------------------------------------------------

AROUND = [
    "UPDATE habits_habit SET name = 'x'",
    "UPDATE habits_completion SET value = 0",
    "DELETE FROM habits_completion",
    "INSERT INTO habits_habit SELECT * FROM habits_habit WHERE false",
]


def run(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('sync.version', '', true)")
        cursor.execute(statement)


@pytest.mark.parametrize("statement", AROUND)
def test_nothing_is_written_past_the_merge(phone: Phone, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="outside of a merge"):
        run(statement)
    assert (Habit.objects.get().name, Completion.objects.get().value) == ("Walk", 1000)
