"""After an update of the time zone data, reminders come at the wall time that the new rules give."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from focusjobs.jobs.models import Job
from habits.models import User
from notifications import tasks
from notifications.models import Reminder
from notifications.planning.agenda import keep_in_step
from tests.factories import UserFactory

from .rows import at, habit_of, reminder_of

pytestmark = pytest.mark.django_db

NOON = at("2026-03-09T11:00")
EIGHT_OF_TUESDAY = at("2026-03-10T07:00")


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr("notifications.clock.now", timezone.now)
    with time_machine.travel(NOON, tick=True):
        yield


def misplaced(person: User, hours: int = 1, **values: Any) -> Reminder:
    """A reminder whose instant was computed with rules by which the clocks were some hours ahead."""
    reminder = reminder_of(habit_of(person), time(8), NOON, **values)
    Reminder.objects.filter(pk=reminder.pk).update(next_fire_at=reminder.next_fire_at - timedelta(hours=hours))
    return reminder


@pytest.mark.parametrize("hours", [1, -1])
def test_a_reminder_that_waits_for_the_wrong_instant_is_computed_anew(person: User, hours: int) -> None:
    reminder = misplaced(person, hours)
    other = UserFactory(timezone="Europe/Berlin")
    reminder_of(habit_of(other), time(8), NOON)

    assert tasks.check_reminders() == 1
    assert [job.arguments for job in Job.objects.filter(task="notifications.keep_reminders")] == [
        {"user_id": person.pk}
    ]
    keep_in_step(person.pk, NOON)
    reminder.refresh_from_db()
    assert (reminder.next_fire_at, reminder.next_local_date) == (EIGHT_OF_TUESDAY, date(2026, 3, 10))
    assert tasks.check_reminders() == 0


def test_a_reminder_with_a_zone_of_its_own_is_held_to_that(person: User) -> None:
    reminder_of(habit_of(person), time(8), NOON, timezone="Asia/Tokyo")
    misplaced(person, timezone="America/New_York")

    assert tasks.check_reminders() == 1


def test_alerts_that_come_earlier_for_the_end_of_the_day_are_in_place() -> None:
    person = UserFactory(timezone="Europe/Berlin", day_start=0)
    Reminder.objects.create(user=person, kind="streak_alert", origin="account", local_time=time(22))
    keep_in_step(person.pk, NOON)

    assert Reminder.objects.get(kind="streak_alert").next_fire_at == at("2026-03-09T20:00")
    assert tasks.check_reminders() == 0


def test_what_is_snoozed_or_silent_is_in_place(person: User) -> None:
    snoozed = reminder_of(habit_of(person), time(8), NOON)
    until = NOON + timedelta(minutes=10)
    Reminder.objects.filter(pk=snoozed.pk).update(snooze_until=until, next_fire_at=until)
    reminder_of(habit_of(person), time(8), NOON, enabled=False)

    assert tasks.check_reminders() == 0
