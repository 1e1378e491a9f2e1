"""Rows of notifications for tests."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from habits.models import Habit, User
from notifications.addresses import Address, sealed
from notifications.models import Device, Reminder
from notifications.planning.agenda import schedule
from tests.factories import HabitFactory

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    """Give an instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def device_of(person: User, number: int = 1, **values: Any) -> Device:
    ciphertext, digest = sealed(Address(f"token-{number}"))
    given = {"platform": "android", "transport": "file", "registered_at": LONG_AGO, "last_seen_at": at("2026-03-09")}
    return Device.objects.create(user=person, address=ciphertext, address_hash=digest, **{**given, **values})


def reminder_of(habit: Habit, local_time: time, now: datetime, **values: Any) -> Reminder:
    """A reminder that a person has added for a habit, as of a moment."""
    reminder = Reminder(user=habit.user, kind="habit", habit=habit, local_time=local_time, **values)
    schedule(reminder, habit.user, now)
    reminder.save()
    return reminder


def habit_of(person: User, name: str = "Run", **values: Any) -> Habit:
    return HabitFactory(user=person, name=name, **values)
