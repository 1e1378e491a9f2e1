"""Reminders over REST."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from focusjobs.jobs.models import Job
from habits.models import Habit, User
from notifications.models import Reminder
from notifications.planning.agenda import keep_in_step
from tests.factories import UserFactory
from tests.integration.habits.problems import errors_of, problem_of

from .rows import at, habit_of, reminder_of

pytestmark = pytest.mark.django_db

REMINDERS = "/api/v1/reminders"
NOON = at("2026-03-09T11:00")
"""12:00 in Berlin."""


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("notifications.clock.now", timezone.now)
    with time_machine.travel(NOON, tick=False):
        yield


def own_reminder(api: APIClient, person: User) -> dict[str, Any]:
    """Give the reminder that a habit has brought along."""
    api.post("/api/v1/habits", {"id": "run", "name": "Run", "reminder_time": "08:00"})
    keep_in_step(person.pk, NOON)
    return next(row for row in listed(api) if row["origin"] == "habit")


def listed(api: APIClient, query: str = "") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = api.get(f"{REMINDERS}{query}").json()["results"]
    return rows


def test_a_habits_own_reminder_is_listed_with_its_next_time(api: APIClient, person: User) -> None:
    own = own_reminder(api, person)

    assert (own["kind"], own["habit"], own["local_time"], own["weekdays"]) == ("habit", "run", "08:00", 127)
    assert own["next_at"] == "2026-03-10T07:00:00Z"
    assert [row["kind"] for row in listed(api)] == ["habit", "weekly_report", "streak_alert"]


def test_its_time_is_the_habits_and_changes_there(api: APIClient, person: User) -> None:
    own = own_reminder(api, person)
    changed = api.patch(f"{REMINDERS}/{own['id']}", {"local_time": "21:30", "weekdays": 31}).json()

    assert (changed["id"], changed["local_time"], changed["next_at"]) == (own["id"], "21:30", "2026-03-09T20:30:00Z")
    habit = api.get("/api/v1/habits/run").json()
    assert (habit["reminder_time"], habit["reminder_weekdays"]) == ("21:30:00", 31)


def test_turning_it_off_leaves_the_habit_its_time(api: APIClient, person: User) -> None:
    own = own_reminder(api, person)
    changed = api.patch(f"{REMINDERS}/{own['id']}", {"enabled": False}).json()

    assert (changed["enabled"], changed["next_at"]) == (False, None)
    assert api.get("/api/v1/habits/run").json()["reminder_time"] == "08:00:00"


def test_removing_it_takes_the_habit_its_time(api: APIClient, person: User) -> None:
    own = own_reminder(api, person)

    assert api.delete(f"{REMINDERS}/{own['id']}").status_code == 204
    assert api.get("/api/v1/habits/run").json()["reminder_time"] is None


def test_a_habit_can_have_further_reminders(api: APIClient, person: User) -> None:
    own_reminder(api, person)
    made = api.post(REMINDERS, {"kind": "habit", "habit": "run", "local_time": "18:00"})

    assert (made.status_code, made.json()["next_at"]) == (201, "2026-03-09T17:00:00Z")
    assert api.delete(f"{REMINDERS}/{made.json()['id']}").status_code == 204
    assert not Reminder.objects.filter(origin="person").exists()


def test_a_routine_has_a_name_and_a_category(api: APIClient) -> None:
    made = api.post(REMINDERS, {"kind": "routine", "label": "Morning", "category": "morning", "local_time": "07:15"})

    assert (made.status_code, made.json()["label"], made.json()["habit"]) == (201, "Morning", None)


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"kind": "habit", "habit": "nobody's", "local_time": "08:00"}, [("habit", "There is no such habit.")]),
        (
            {"kind": "habit", "local_time": "08:00"},
            [("habit", "A reminder of a habit names the habit, and no other does.")],
        ),
        (
            {"kind": "streak_alert", "local_time": "08:00"},
            [("kind", "Reminders of habits and routines can be added; the others are there.")],
        ),
        ({"kind": "routine"}, [("local_time", "This field is required.")]),
        (
            {"kind": "routine", "local_time": "08:00", "weekdays": 0},
            [("weekdays", "Ensure this value is greater than or equal to 1.")],
        ),
        (
            {"kind": "routine", "local_time": "08:00", "timezone": "Mars"},
            [("timezone", "“Mars” is not an IANA time zone such as Europe/Berlin.")],
        ),
    ],
)
def test_what_cannot_be_a_reminder_is_refused(api: APIClient, body: dict[str, Any], errors: list[Any]) -> None:
    assert errors_of(api.post(REMINDERS, body)) == errors
    assert not Reminder.objects.exists()


def test_a_habit_of_somebody_else_cannot_be_reminded_of(api: APIClient) -> None:
    other = habit_of(UserFactory(), client_id="theirs")

    assert errors_of(api.post(REMINDERS, {"kind": "habit", "habit": other.client_id, "local_time": "08:00"}))


def test_a_streak_alert_can_be_moved_but_not_into_the_last_hours_of_the_day(api: APIClient, person: User) -> None:
    keep_in_step(person.pk, NOON)
    alert = Reminder.objects.get(kind="streak_alert")

    assert api.patch(f"{REMINDERS}/{alert.pk}", {"local_time": "19:00"}).json()["next_at"] == "2026-03-09T18:00:00Z"
    late = api.patch(f"{REMINDERS}/{alert.pk}", {"local_time": "22:00"})
    assert errors_of(late) == [("local_time", "A streak alert comes at 21:00 at the latest.")]


def test_what_comes_with_the_account_can_only_be_turned_off(api: APIClient, person: User) -> None:
    keep_in_step(person.pk, NOON)
    alert = Reminder.objects.get(kind="streak_alert")

    assert problem_of(api.delete(f"{REMINDERS}/{alert.pk}"), 400)["errors"][0]["code"] == "permanent"
    assert api.patch(f"{REMINDERS}/{alert.pk}", {"enabled": False}).json()["next_at"] is None


def test_a_reminder_is_snoozed_and_has_a_job_at_that_time(api: APIClient, person: User) -> None:
    reminder = reminder_of(habit_of(person), time(8), NOON)
    snoozed = api.post(f"{REMINDERS}/{reminder.pk}/snooze", {"minutes": 20}).json()

    assert snoozed["next_at"] == snoozed["snooze_until"] == "2026-03-09T11:20:00Z"
    job = Job.objects.get(task="notifications.plan_reminders")
    assert job.run_at == at("2026-03-09T11:20")


@pytest.mark.parametrize("minutes", [0, -5, 721, "soon"])
def test_a_snooze_has_its_limits(api: APIClient, person: User, minutes: Any) -> None:
    reminder = reminder_of(habit_of(person), time(8), NOON)

    assert errors_of(api.post(f"{REMINDERS}/{reminder.pk}/snooze", {"minutes": minutes}))[0][0] == "minutes"


def test_what_does_not_fire_cannot_be_snoozed(api: APIClient, person: User) -> None:
    reminder = reminder_of(habit_of(person), time(8), NOON, enabled=False)

    assert (
        problem_of(api.post(f"{REMINDERS}/{reminder.pk}/snooze", {"minutes": 5}), 400)["errors"][0]["code"] == "silent"
    )


@pytest.mark.parametrize(("method", "path"), [("get", ""), ("patch", ""), ("delete", ""), ("post", "/snooze")])
def test_reminders_of_others_do_not_exist(api: APIClient, method: str, path: str) -> None:
    reminder = reminder_of(habit_of(UserFactory()), time(8), NOON)
    answer = getattr(api, method)(f"{REMINDERS}/{reminder.pk}{path}", {"minutes": 5, "enabled": False})

    assert answer.status_code == 404
    assert Reminder.objects.get(pk=reminder.pk).enabled


def test_reminders_of_deleted_habits_are_not_listed(api: APIClient, person: User) -> None:
    own = own_reminder(api, person)
    api.delete("/api/v1/habits/run")

    assert api.get(f"{REMINDERS}/{own['id']}").status_code == 404
    assert Habit.objects.get().deleted


# --- The list --------------------------------------------------------------------------------------------------------


@pytest.fixture
def several(api: APIClient, person: User) -> None:
    """A habit's own reminder at eight and another one at six that is off, a routine, and those of the account."""
    own_reminder(api, person)
    api.post(REMINDERS, {"kind": "habit", "habit": "run", "local_time": "18:00", "enabled": False})
    api.post(REMINDERS, {"kind": "routine", "label": "Morning", "local_time": "08:00"})


@pytest.mark.parametrize(
    ("query", "times"),
    [
        ("", ["08:00", "08:00", "09:00", "18:00", "20:00"]),
        ("?kind=routine", ["08:00"]),
        ("?habit=run", ["08:00", "18:00"]),
        ("?habit=swim", []),
        ("?enabled=false", ["18:00"]),
        ("?habit=run&enabled=true", ["08:00"]),
    ],
)
@pytest.mark.usefixtures("several")
def test_reminders_are_listed_by_their_time_and_by_what_they_are_about(
    api: APIClient, query: str, times: list[str]
) -> None:
    assert [row["local_time"] for row in listed(api, query)] == times


@pytest.mark.parametrize("query", ["?kind=alarm", "?enabled=perhaps", f"?habit={'x' * 65}"])
def test_a_query_that_means_nothing_is_refused(api: APIClient, query: str) -> None:
    assert [field for field, _ in errors_of(api.get(f"{REMINDERS}{query}"))] == [query[1:].partition("=")[0]]


@pytest.mark.usefixtures("several")
def test_reminders_come_in_pages_also_where_many_have_one_time(api: APIClient) -> None:
    found, place = [], f"{REMINDERS}?page_size=1"
    while place:
        page = api.get(place).json()
        found += [row["id"] for row in page["results"]]
        place = page["next"]

    assert found == [row["id"] for row in listed(api)]
    assert len(set(found)) == 5
