"""Writes when people are reminded."""

from __future__ import annotations

import json
from datetime import time, timedelta
from hashlib import sha256
from typing import Any, TypedDict, Unpack
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from focusjobs.rest.idempotency import require_same
from habits import services as habits
from habits.models import Habit, User, assign, validate_timezone
from habits.services.seen import Seen, require_seen
from notifications import clock
from notifications.domain.due import is_too_late, latest_alert
from notifications.models import Reminder
from notifications.planning.agenda import keep_in_step, schedule
from notifications.selectors.versions import version_of
from notifications.tasks import plan_reminders

Kind, Origin = Reminder.Kind, Reminder.Origin

MOST_REMINDERS = 100
"""Of one person, beside those that habits bring along."""

LONGEST_SNOOZE = timedelta(hours=12)


class ReminderFields(TypedDict, total=False):
    """What can be set of a reminder; meanings as in `notifications.models.Reminder`."""

    label: str
    category: str
    local_time: time
    weekdays: int
    timezone: str
    enabled: bool


@transaction.atomic
def create_reminder(
    *, user: User, kind: str, habit: Habit | None = None, key: UUID | None = None, **fields: Unpack[ReminderFields]
) -> Reminder:
    """Add a reminder of a habit or of a routine, beside the one that a habit has itself.

    With a key that was used before, give the reminder that it made as it is now. Raises `KeyReused` where something
    else is asked for.
    """
    person = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    asked = _hash_of(kind, habit, fields) if key else None
    if known := _made_with(person, key, asked):
        return known
    if kind not in (Kind.HABIT, Kind.ROUTINE):
        raise ValidationError({"kind": "Reminders of habits and routines can be added; the others are there."})
    if (kind == Kind.HABIT) != (habit is not None):
        raise ValidationError({"habit": "A reminder of a habit names the habit, and no other does."})
    if Reminder.objects.filter(user=user, origin=Origin.PERSON).count() >= MOST_REMINDERS:
        raise ValidationError(f"A person can have {MOST_REMINDERS} reminders; remove one first.", code="too_many")
    reminder = Reminder(user=person, kind=kind, habit=habit, origin=Origin.PERSON, key=key, body_hash=asked)
    return _save(reminder, person, dict(fields))


@transaction.atomic
def update_reminder(*, reminder: Reminder, seen: Seen = None, **fields: Unpack[ReminderFields]) -> Reminder:
    """Change a reminder. The time of a habit's own one is the habit's, which phones sync, and is changed there.

    Raises `OutOfDate`.
    """
    person = User.objects.select_for_update(no_key=True).get(pk=reminder.user_id)
    current = _current(reminder, seen)
    values: dict[str, Any] = dict(fields)
    if current.origin == Origin.HABIT and values.keys() & {"local_time", "weekdays"}:
        assert current.habit is not None  # noqa: S101 - by a constraint of the table
        habits.update_habit(
            habit=current.habit,
            reminder_time=values.pop("local_time", current.local_time),
            reminder_weekdays=values.pop("weekdays", current.weekdays),
        )
        keep_in_step(person.pk, clock.now())
        current = _current(reminder)
    return _save(current, person, values)


@transaction.atomic
def delete_reminder(*, reminder: Reminder, seen: Seen = None) -> None:
    """Remove a reminder; a habit's own one by taking the habit its time. Raises `OutOfDate`."""
    User.objects.select_for_update(no_key=True).get(pk=reminder.user_id)
    _current(reminder, seen)
    if reminder.origin == Origin.ACCOUNT:
        raise ValidationError("This reminder comes with the account; turn it off instead.", code="permanent")
    if reminder.origin == Origin.HABIT and reminder.habit is not None:
        habits.update_habit(habit=reminder.habit, reminder_time=None)
    Reminder.objects.filter(pk=reminder.pk).delete()


@transaction.atomic
def snooze_reminder(*, reminder: Reminder, minutes: int) -> Reminder:
    """Remind again after some minutes, once; a later snooze takes the place of this one."""
    person = User.objects.select_for_update(no_key=True).get(pk=reminder.user_id)
    wait = timedelta(minutes=minutes)
    if not timedelta(minutes=1) <= wait <= LONGEST_SNOOZE:
        hours = LONGEST_SNOOZE // timedelta(hours=1)
        raise ValidationError({"minutes": f"A reminder is snoozed for 1 minute to {hours} hours."})
    current = _current(reminder)
    current.snooze_until = clock.now() + wait
    schedule(current, person, clock.now())
    if current.next_fire_at is None:
        raise ValidationError("This reminder does not fire, so that it cannot be snoozed.", code="silent")
    current.save(update_fields=["snooze_until", "next_fire_at", "next_local_date"])
    key = f"snooze:{current.pk}:{current.snooze_until.timestamp():.0f}"
    plan_reminders.using(run_after=current.snooze_until, unique_key=key).enqueue()
    return current


def _made_with(person: User, key: UUID | None, asked: bytes | None) -> Reminder | None:
    """Give the reminder that a request with this key has made, if there is one. Raises `KeyReused`."""
    made = Reminder.objects.filter(user=person, key=key).select_related("habit").first() if key else None
    if made is not None:
        require_same(made.body_hash, asked)
    return made


def _hash_of(kind: str, habit: Habit | None, fields: ReminderFields) -> bytes:
    """Give a hash of what is asked for, the same however it is written."""
    asked = [kind, habit.client_id if habit else None, fields]
    return sha256(json.dumps(asked, cls=DjangoJSONEncoder, sort_keys=True).encode()).digest()


def _current(reminder: Reminder, seen: Seen = None) -> Reminder:
    """Give the reminder as it is now. Raises `OutOfDate`, and `Reminder.DoesNotExist` where it is gone."""
    rows = Reminder.objects.select_for_update(of=("self",)).select_related("habit")
    current = rows.get(pk=reminder.pk)
    require_seen(version_of(current), seen)
    return current


def _save(reminder: Reminder, person: User, values: dict[str, Any]) -> Reminder:
    assign(reminder, values)
    reminder.clean_fields(exclude={"user", "habit"})
    if reminder.timezone:
        validate_timezone(reminder.timezone)
    if reminder.kind == Kind.STREAK_ALERT and is_too_late(reminder.local_time, person.day_start):
        latest = latest_alert(person.day_start)
        raise ValidationError({"local_time": f"A streak alert comes at {latest:%H:%M} at the latest."})
    schedule(reminder, person, clock.now())
    reminder.save()
    return reminder
