"""Reminders stay in step with habits and people."""

from __future__ import annotations

from datetime import time

import pytest

from focusjobs.jobs.models import Job
from habits import services
from habits.models import Habit, User
from notifications.models import Reminder
from notifications.planning.agenda import keep_in_step
from tests.factories import UserFactory

from .rows import at, habit_of, reminder_of

pytestmark = pytest.mark.django_db

NOW = at("2026-03-09T12:00")


def follow(person: User) -> dict[str, Reminder]:
    """Do what the job does, and give the reminders by their origin."""
    keep_in_step(person.pk, NOW)
    return {reminder.origin: reminder for reminder in Reminder.objects.filter(user=person, kind="habit")}


def made(person: User, **fields: object) -> Habit:
    return services.create_habit(user=person, name="Run", **fields)[0]  # type: ignore[arg-type]


def waiting_jobs() -> list[dict[str, object]]:
    return list(Job.objects.filter(task="notifications.keep_reminders").values_list("arguments", flat=True))


def test_a_habits_time_becomes_a_reminder(person: User) -> None:
    made(person, reminder_time=time(8), reminder_weekdays=0b0011111)
    own = follow(person)["habit"]

    assert (own.local_time, own.weekdays, own.next_fire_at) == (time(8), 31, at("2026-03-10T07:00"))


def test_a_new_time_takes_the_place_of_the_old_one(person: User) -> None:
    habit = made(person, reminder_time=time(8))
    before = follow(person)["habit"]
    services.update_habit(habit=habit, reminder_time=time(21, 15))
    after = follow(person)["habit"]

    assert (after.pk, after.next_fire_at) == (before.pk, at("2026-03-09T20:15"))


@pytest.mark.parametrize("gone", [{"reminder_time": None}, {"reminder_weekdays": 0}])
def test_a_habit_without_a_time_has_no_reminder(person: User, gone: dict[str, object]) -> None:
    habit = made(person, reminder_time=time(8))
    follow(person)
    services.update_habit(habit=habit, **gone)  # type: ignore[arg-type]

    assert follow(person) == {}


def test_an_archived_habit_is_silent_until_it_comes_back(person: User) -> None:
    habit = made(person, reminder_time=time(8))
    follow(person)
    services.update_habit(habit=habit, archived=True)
    assert follow(person)["habit"].next_fire_at is None
    services.update_habit(habit=habit, archived=False)
    assert follow(person)["habit"].next_fire_at == at("2026-03-10T07:00")


def test_a_deleted_habit_is_silent_until_it_is_restored(person: User) -> None:
    habit = made(person, client_id="run", reminder_time=time(8))
    reminder_of(habit, time(18), NOW)
    follow(person)
    services.delete_habit(habit=habit)
    assert {one.next_fire_at for one in follow(person).values()} == {None}
    services.restore_habit(user=person, client_id="run")
    assert follow(person)["habit"].next_fire_at == at("2026-03-10T07:00")


def test_every_account_has_a_streak_alert_at_eight_in_the_evening(person: User) -> None:
    keep_in_step(person.pk, NOW)

    alert = Reminder.objects.get(kind="streak_alert")
    assert (alert.local_time, alert.next_fire_at) == (time(20), at("2026-03-09T19:00"))
    report = Reminder.objects.get(kind="weekly_report")
    assert report.next_fire_at is None  # it comes when the week has been counted


def test_a_streak_alert_never_comes_in_the_last_three_hours_of_the_day(person: User) -> None:
    keep_in_step(person.pk, NOW)
    Reminder.objects.filter(kind="streak_alert").update(local_time=time(23), next_fire_at=None)
    keep_in_step(person.pk, NOW)

    assert Reminder.objects.get(kind="streak_alert").next_fire_at == at("2026-03-09T20:00")


def test_doing_it_again_changes_nothing(person: User) -> None:
    made(person, reminder_time=time(8))

    assert keep_in_step(person.pk, NOW) == 3
    assert keep_in_step(person.pk, NOW) == 0


def test_a_reminder_that_is_due_stays_due_when_its_habit_is_renamed(person: User) -> None:
    habit = made(person, reminder_time=time(8))
    follow(person)
    services.update_habit(habit=habit, name="Long run")
    keep_in_step(person.pk, at("2026-03-10T07:00:01"))

    assert Reminder.objects.get(origin="habit").next_fire_at == at("2026-03-10T07:00")


def test_a_person_who_is_gone_needs_nothing() -> None:
    assert keep_in_step(10**9, NOW) == 0


def test_every_change_of_a_habit_has_reminders_brought_in_step(person: User) -> None:
    habit = made(person)
    assert waiting_jobs() == [{"user_id": person.pk}]
    Job.objects.all().delete()
    services.update_habit(habit=habit, reminder_time=time(9))
    assert waiting_jobs() == [{"user_id": person.pk}]


def test_a_tick_has_nothing_brought_in_step(person: User) -> None:
    habit = habit_of(person)
    services.record_completion(habit=habit, day=NOW.date(), value=1000)

    assert waiting_jobs() == []


def test_another_zone_has_reminders_brought_in_step_and_another_name_does_not(person: User) -> None:
    services.update_profile(user=person, name="Ada")
    assert waiting_jobs() == []
    services.update_profile(user=person, timezone="Asia/Tokyo")
    assert waiting_jobs() == [{"user_id": person.pk}]


def test_reminders_of_others_are_left_alone(person: User) -> None:
    other = UserFactory()
    reminder = reminder_of(habit_of(other), time(8), NOW)
    keep_in_step(person.pk, NOW)

    assert list(Reminder.objects.filter(user=other)) == [reminder]
