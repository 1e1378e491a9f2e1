"""What the tests of decisions ask again and again, on a Tuesday in Berlin."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from habits.models import Habit, User
from notifications.models import Notification, Preference
from notifications.planning.dispatching import dispatch_due
from notifications.planning.firing import fire_due

from .rows import at, reminder_of

DAY = date(2026, 3, 10)
MIDNIGHT = at("2026-03-09T23:00")
EIGHT = at("2026-03-10T07:00")
"""08:00 in Berlin."""
MOMENT = EIGHT + timedelta(seconds=30)


def fired(habit: Habit, *, local_time: time = time(8), moment: datetime = EIGHT, **values: Any) -> Notification:
    """Let a reminder of a habit fire."""
    reminder = reminder_of(habit, local_time, MIDNIGHT, **values)
    fire_due(moment)
    return Notification.objects.get(reminder_id=reminder.pk)


def told(notification: Notification, moment: datetime = MOMENT, email: str = "email") -> tuple[str, str]:
    """Decide, and give state and reason."""
    dispatch_due(moment, email)
    notification.refresh_from_db()
    return notification.state, notification.reason


def prefer(person: User, kind: str = "", channel: str = "", **values: Any) -> None:
    Preference.objects.create(user=person, kind=kind, channel=channel, **values)
