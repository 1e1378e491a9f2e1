"""Reminders fire once a local date, at their local minute, whatever happens to zones, workers and clocks."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest

from habits import services
from habits.models import User
from notifications.domain.due import spread
from notifications.models import Notification, Reminder
from notifications.planning import statements
from notifications.planning.agenda import keep_in_step
from notifications.planning.firing import fire_due
from tests.factories import HabitFactory, UserFactory
from tests.threads import at_once

from .rows import at, habit_of, reminder_of

pytestmark = pytest.mark.django_db

MONDAY = at("2026-03-09T06:00")
EIGHT = at("2026-03-09T07:00")
"""08:00 in Berlin."""


def keys() -> list[str]:
    return list(Notification.objects.order_by("fire_at", "pk").values_list("occurrence_key", flat=True))


def test_a_reminder_fires_once_and_moves_on_to_the_next_day(person: User) -> None:
    reminder = reminder_of(habit_of(person), time(8), MONDAY)

    assert [fire_due(EIGHT).taken, fire_due(EIGHT).taken] == [1, 0]
    reminder.refresh_from_db()
    assert (reminder.fired_on, reminder.next_local_date) == (date(2026, 3, 9), date(2026, 3, 10))
    assert keys() == [f"reminder:{reminder.pk}:2026-03-09"]


def test_only_the_chosen_weekdays_of_the_local_date_count(person: User) -> None:
    reminder = reminder_of(habit_of(person), time(0, 30), MONDAY, weekdays=0b0000101)  # Monday and Wednesday

    assert reminder.next_fire_at == at("2026-03-10T23:30")  # Wednesday in Berlin
    fire_due(reminder.next_fire_at)
    assert Reminder.objects.get().next_local_date == date(2026, 3, 16)


def test_an_outage_of_days_tells_nothing_of_what_was_missed_and_goes_on(person: User) -> None:
    reminder = reminder_of(habit_of(person), time(8), MONDAY)

    fired = fire_due(at("2026-03-12T11:00"))

    assert (fired.taken, fired.moments) == (1, frozenset())
    notification = Notification.objects.get()
    assert (notification.state, notification.reason) == ("suppressed", "late")
    reminder.refresh_from_db()
    assert reminder.next_fire_at == at("2026-03-13T07:00")


@pytest.mark.parametrize(("hours", "state"), [(1.9, "planned"), (2.0, "suppressed")])
def test_what_is_two_hours_late_is_too_late(person: User, hours: float, state: str) -> None:
    reminder_of(habit_of(person), time(8), MONDAY)
    fire_due(EIGHT + timedelta(hours=hours))

    assert Notification.objects.get().state == state


def test_a_routine_may_be_four_hours_late(person: User) -> None:
    reminder = Reminder.objects.create(user=person, kind="routine", local_time=time(8), weekdays=127)
    keep_in_step(person.pk, MONDAY)
    fire_due(EIGHT + timedelta(hours=3.9))

    notification = Notification.objects.get(reminder_id=reminder.pk)
    assert (notification.state, notification.not_after) == ("planned", EIGHT + timedelta(hours=4))


def test_nothing_is_told_after_the_day_is_over(person: User) -> None:
    reminder_of(habit_of(person), time(23, 30), MONDAY)
    fire_due(at("2026-03-09T22:30"))

    assert Notification.objects.get().not_after == at("2026-03-09T23:00")


def test_a_reminder_after_midnight_is_about_the_day_that_is_not_over_yet() -> None:
    night_owl = UserFactory(timezone="Europe/Berlin", day_start=180)
    reminder_of(habit_of(night_owl), time(1), MONDAY)
    fire_due(at("2026-03-10T00:00"))

    assert Notification.objects.get().day == date(2026, 3, 9)


def test_reminders_follow_a_person_to_another_zone(person: User) -> None:
    reminder = reminder_of(habit_of(person), time(8), MONDAY)
    fire_due(EIGHT)
    services.update_profile(user=person, timezone="America/New_York")
    keep_in_step(person.pk, at("2026-03-09T20:00"))
    reminder.refresh_from_db()

    assert reminder.next_fire_at == at("2026-03-10T12:00")


def test_a_reminder_with_a_zone_of_its_own_stays_there(person: User) -> None:
    reminder = reminder_of(habit_of(person), time(8), MONDAY, timezone="Asia/Tokyo")
    services.update_profile(user=person, timezone="America/New_York")
    keep_in_step(person.pk, MONDAY)
    reminder.refresh_from_db()

    assert reminder.next_fire_at == at("2026-03-09T23:00")


def test_who_flies_west_over_the_date_line_is_not_reminded_twice_on_one_date() -> None:
    traveller = UserFactory(timezone="Pacific/Auckland")
    reminder_of(habit_of(traveller), time(8), at("2026-03-08T12:00"))
    fire_due(at("2026-03-08T19:00"))  # Monday, 8:00 in Auckland
    services.update_profile(user=traveller, timezone="Pacific/Honolulu")
    keep_in_step(traveller.pk, at("2026-03-09T04:00"))  # Sunday evening in Honolulu

    assert Reminder.objects.get(kind="habit").next_local_date == date(2026, 3, 10)


def test_a_reminder_keeps_its_wall_time_when_the_clocks_change(person: User) -> None:
    reminder_of(habit_of(person), time(8), at("2026-03-28T06:00"))
    fire_due(at("2026-03-28T07:00"))

    assert Reminder.objects.get().next_fire_at == at("2026-03-29T06:00")


def test_what_comes_at_a_moment_is_spread_by_person_and_those_moments_are_given(settings: Any) -> None:
    settings.PUSH_SPREAD = timedelta(seconds=300)
    people = [UserFactory(pk=number, timezone="Europe/Berlin") for number in (70_001, 2**31 + 70_000, 2**40 + 3)]
    for person in people:
        reminder_of(habit_of(person), time(8), MONDAY)

    fired = fire_due(EIGHT)
    moments = {person.pk: EIGHT + spread(person.pk, timedelta(seconds=300)) for person in people}
    assert dict(Notification.objects.values_list("user_id", "due_at")) == moments
    assert fired.moments == frozenset(moments.values())


def test_reminders_of_one_moment_each_go_their_own_way(person: User) -> None:
    daily = reminder_of(habit_of(person), time(8), MONDAY)
    other = reminder_of(habit_of(UserFactory(timezone="Europe/Berlin")), time(8), MONDAY)
    mondays = reminder_of(habit_of(person), time(8), MONDAY, weekdays=1)
    elsewhere = reminder_of(habit_of(UserFactory(timezone="Africa/Lagos")), time(8), MONDAY)

    assert fire_due(EIGHT).taken == 4
    days = dict(Reminder.objects.filter(kind="habit").values_list("pk", "next_local_date"))
    next_day, next_week = date(2026, 3, 10), date(2026, 3, 16)
    assert days == {daily.pk: next_day, other.pk: next_day, mondays.pk: next_week, elsewhere.pk: next_day}
    planned = {one.reminder_id: (one.user_id, one.habits) for one in Notification.objects.all()}
    assert planned == {one.pk: (one.user_id, [one.habit_id]) for one in (daily, other, mondays, elsewhere)}


def test_a_snoozed_reminder_comes_again_and_the_next_regular_one_as_well(person: User) -> None:
    reminder = reminder_of(habit_of(person), time(8), MONDAY)
    fire_due(EIGHT)
    until = EIGHT + timedelta(minutes=20)
    Reminder.objects.filter(pk=reminder.pk).update(snooze_until=until, next_fire_at=until)

    assert [fire_due(until).taken, fire_due(until).taken] == [1, 0]
    reminder.refresh_from_db()
    assert (reminder.snooze_until, reminder.next_fire_at) == (None, at("2026-03-10T07:00"))
    assert keys()[1] == f"reminder:{reminder.pk}:2026-03-09:snoozed:{until.timestamp():.0f}"


def test_a_snooze_past_the_next_regular_time_lets_that_fire_too(person: User) -> None:
    reminder = reminder_of(habit_of(person), time(8), MONDAY)
    until = EIGHT + timedelta(minutes=5)
    Reminder.objects.filter(pk=reminder.pk).update(snooze_until=until)

    fire_due(EIGHT)
    reminder.refresh_from_db()
    assert (reminder.snooze_until, reminder.next_fire_at) == (until, until)
    fire_due(until)
    assert len(keys()) == 2
    assert Reminder.objects.get().next_fire_at == at("2026-03-10T07:00")


def test_a_snooze_that_ends_at_the_regular_time_makes_one_notification(person: User) -> None:
    reminder = reminder_of(habit_of(person), time(8), MONDAY)
    Reminder.objects.filter(pk=reminder.pk).update(snooze_until=EIGHT)

    assert [fire_due(EIGHT).taken, fire_due(EIGHT).taken] == [1, 0]
    assert keys() == [f"reminder:{reminder.pk}:2026-03-09"]


def test_a_batch_takes_no_more_than_its_size_and_says_that_there_is_more(
    person: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.planning.firing.FIRED_AT_ONCE", 2)
    few = statements.DUE_REMINDERS.replace(f"LIMIT {statements.FIRED_AT_ONCE}", "LIMIT 2")
    monkeypatch.setattr("notifications.planning.firing.DUE_REMINDERS", few)
    for _ in range(3):
        reminder_of(habit_of(person), time(8), MONDAY)

    first, second = fire_due(EIGHT), fire_due(EIGHT)
    assert [(first.taken, first.is_last), (second.taken, second.is_last)] == [(2, False), (1, True)]


@pytest.mark.django_db(transaction=True)
def test_each_reminder_fires_once_however_many_workers_there_are() -> None:
    for _ in range(40):
        reminder_of(HabitFactory(user=UserFactory(timezone="Europe/Berlin")), time(8), MONDAY)
    taken: list[int] = []
    at_once(*[lambda: taken.extend(fire_due(EIGHT).taken for _ in range(3))] * 4)

    assert sum(taken) == 40
    assert Notification.objects.count() == 40
    assert len(set(keys())) == 40
