"""Reminders, wishes and the inbox over REST."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from typing import Any

import pytest
import time_machine
from django.core import signing
from django.utils import timezone
from rest_framework.test import APIClient

from focusjobs.jobs.models import Job
from habits.models import Habit, User
from notifications.delivery.messages import UNSUBSCRIBE_SALT
from notifications.models import InboxItem, Notification, Preference, Reminder
from notifications.planning.agenda import keep_in_step
from tests.factories import UserFactory
from tests.integration.habits.problems import errors_of, problem_of

from .rows import at, habit_of, reminder_of

pytestmark = pytest.mark.django_db

REMINDERS, PREFERENCES, INBOX = "/api/v1/reminders", "/api/v1/preferences", "/api/v1/inbox"
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
    return next(row for row in api.get(REMINDERS).json() if row["origin"] == "habit")


# --- Reminders -------------------------------------------------------------------------------------------------------


def test_a_habits_own_reminder_is_listed_with_its_next_time(api: APIClient, person: User) -> None:
    own = own_reminder(api, person)

    assert (own["kind"], own["habit"], own["local_time"], own["weekdays"]) == ("habit", "run", "08:00", 127)
    assert own["next_at"] == "2026-03-10T07:00:00Z"
    assert [row["kind"] for row in api.get(REMINDERS).json()] == ["habit", "weekly_report", "streak_alert"]


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


# --- Wishes ----------------------------------------------------------------------------------------------------------


def test_what_holds_is_listed_for_every_kind_and_channel(api: APIClient) -> None:
    rows = {(row["kind"], row["channel"]): row for row in api.get(PREFERENCES).json()}

    assert len(rows) == 4 + 5 * 3
    assert (rows["habit", "push"]["enabled"], rows["habit", "email"]["enabled"]) == (True, False)
    assert rows["all", "all"]["enabled"] is None


def test_quiet_hours_hold_for_all_until_a_kind_has_its_own(api: APIClient) -> None:
    quiet = api.patch(f"{PREFERENCES}/all/push", {"quiet_from": "22:00", "quiet_to": "07:00"}).json()
    api.patch(f"{PREFERENCES}/streak_alert/push", {"quiet_from": "23:00", "quiet_to": "06:00"})

    assert (quiet["quiet_from"], quiet["quiet_to"]) == ("22:00", "07:00")
    assert api.get(f"{PREFERENCES}/habit/push").json()["quiet_from"] == "22:00"
    assert api.get(f"{PREFERENCES}/streak_alert/push").json()["quiet_from"] == "23:00"
    assert api.get(f"{PREFERENCES}/habit/email").json()["quiet_from"] is None


def test_what_is_settled_can_be_left_open_again(api: APIClient) -> None:
    api.patch(f"{PREFERENCES}/habit/push", {"enabled": False, "max_per_day": 3})
    assert api.patch(f"{PREFERENCES}/habit/push", {"max_per_day": None}).json()["max_per_day"] is None
    assert api.get(f"{PREFERENCES}/habit/push").json()["enabled"] is False
    assert api.delete(f"{PREFERENCES}/habit/push").status_code == 204
    assert api.get(f"{PREFERENCES}/habit/push").json()["enabled"] is True


@pytest.mark.parametrize(
    ("body", "field"),
    [({"quiet_from": "22:00"}, "quiet_to"), ({"max_per_day": -1}, "max_per_day"), ({"enabled": "maybe"}, "enabled")],
)
def test_what_cannot_be_a_wish_is_refused(api: APIClient, body: dict[str, Any], field: str) -> None:
    assert [name for name, _ in errors_of(api.patch(f"{PREFERENCES}/all/all", body))] == [field]
    assert not Preference.objects.exists()


@pytest.mark.parametrize("path", ["habits/push", "habit/fax", "all/pigeon"])
def test_an_unknown_kind_or_channel_does_not_exist(api: APIClient, path: str) -> None:
    assert api.get(f"{PREFERENCES}/{path}").status_code == 404


def test_a_link_in_a_mail_ends_such_mails_without_a_login(person: User) -> None:
    Preference.objects.create(user=person, kind="habit", channel="email", enabled=True)
    link = f"/api/v1/unsubscribe?token={signing.dumps([person.pk, 'habit'], salt=UNSUBSCRIBE_SALT)}"
    stranger = APIClient()

    assert stranger.get(link).status_code == 200
    assert Preference.objects.get().enabled is True  # programs that follow links change nothing
    assert stranger.post(link).status_code == 200
    assert Preference.objects.get().enabled is False


def test_a_forged_link_does_nothing(person: User) -> None:
    forged = f"/api/v1/unsubscribe?token={signing.dumps([person.pk, 'habit'], salt='another')}"

    assert APIClient().post(forged).status_code == 404
    assert not Preference.objects.exists()


# --- Inbox -----------------------------------------------------------------------------------------------------------


def item_of(person: User, number: int) -> InboxItem:
    notification = Notification.objects.create(
        user=person, kind="habit", occurrence_key=f"n{number}", day=NOON, fire_at=NOON, due_at=NOON, not_after=NOON
    )
    return InboxItem.objects.create(user=person, notification=notification, kind="habit", title=f"Item {number}")


def titles(answer: Any) -> list[str]:
    return [row["title"] for row in answer.json()["results"]]


def test_the_inbox_comes_in_pages_the_newest_first(api: APIClient, person: User) -> None:
    for number in range(5):
        item_of(person, number)
    first = api.get(f"{INBOX}?page_size=2")
    item_of(person, 9)
    second = api.get(first.json()["next"])

    assert (titles(first), titles(second)) == (["Item 4", "Item 3"], ["Item 2", "Item 1"])


def test_what_was_read_stays_read_and_can_be_unread(api: APIClient, person: User) -> None:
    item = item_of(person, 1)

    assert api.get(f"{INBOX}/unread").json() == {"count": 1}
    assert api.patch(f"{INBOX}/{item.pk}", {"read": True}).json()["read_at"] == "2026-03-09T11:00:00Z"
    assert (api.get(f"{INBOX}/unread").json(), titles(api.get(f"{INBOX}?unread=1"))) == ({"count": 0}, [])
    assert api.patch(f"{INBOX}/{item.pk}", {"read": False}).json()["read_at"] is None


def test_reading_everything_leaves_what_came_after_unread(api: APIClient, person: User) -> None:
    shown = [item_of(person, number) for number in range(3)]
    item_of(person, 9)

    assert api.post(f"{INBOX}/read", {"up_to": shown[-1].pk}).json() == {"count": 3}
    assert titles(api.get(f"{INBOX}?unread=true")) == ["Item 9"]


def test_nobody_sees_or_marks_the_inbox_of_others(api: APIClient) -> None:
    item = item_of(UserFactory(), 1)

    assert titles(api.get(INBOX)) == []
    assert api.patch(f"{INBOX}/{item.pk}", {"read": True}).status_code == 404
    assert api.post(f"{INBOX}/read", {"up_to": item.pk}).json() == {"count": 0}
    item.refresh_from_db()
    assert item.read_at is None
