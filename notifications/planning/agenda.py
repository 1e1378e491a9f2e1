"""When each reminder fires next, kept in step with habits, people's zones and what they set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from habits.models import Habit, User
from notifications.domain.due import ALERT_TIME, REPORT_TIME, alert_time, next_occurrence
from notifications.models import Reminder

AN_INSTANT = timedelta(microseconds=1)

EVERYBODYS = ((Reminder.Kind.STREAK_ALERT, ALERT_TIME), (Reminder.Kind.WEEKLY_REPORT, REPORT_TIME))
"""Reminders that come with every account."""

SCHEDULED = ("next_fire_at", "next_local_date")
FOLLOWED = ("local_time", "weekdays", *SCHEDULED)


def schedule(reminder: Reminder, user: User, now: datetime) -> bool:
    """Set when a reminder fires next; tell whether that is otherwise than before.

    One that is due but was not looked at yet stays due, unless it is set to another time.
    """
    before = (reminder.next_fire_at, reminder.next_local_date)
    if _is_silent(reminder):
        reminder.next_fire_at = reminder.next_local_date = None
    else:
        after = min(now, reminder.next_fire_at - AN_INSTANT) if reminder.next_fire_at else now
        local_time = reminder.local_time
        if reminder.kind == Reminder.Kind.STREAK_ALERT:
            local_time = alert_time(local_time, user.day_start)
        zone = reminder.timezone or user.timezone
        found = next_occurrence(zone, local_time, reminder.weekdays, after, reminder.fired_on)
        reminder.next_fire_at = min(found.at, reminder.snooze_until or found.at)
        reminder.next_local_date = found.day
    return (reminder.next_fire_at, reminder.next_local_date) != before


def _is_silent(reminder: Reminder) -> bool:
    """Tell whether it does not fire by itself: a weekly report comes when the week has been counted."""
    habit = reminder.habit
    is_over = habit is not None and (habit.deleted or habit.archived_at is not None)
    return not reminder.enabled or is_over or reminder.kind == Reminder.Kind.WEEKLY_REPORT


@transaction.atomic
def keep_in_step(user_id: int, now: datetime) -> int:
    """Bring a person's reminders to what their habits and their zone say; answer how many rows changed.

    Doing it twice, or for a person who is gone, does no harm. The person's row is locked: two do not interleave.
    """
    user = User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
    if user is None:
        return 0
    reminders = list(Reminder.objects.select_for_update(of=("self",)).select_related("habit").filter(user=user))
    habits = list(Habit.objects.filter(user=user, deleted=False, reminder_time__isnull=False, reminder_weekdays__gt=0))
    kept, gone = _follow(reminders, {habit.pk: habit for habit in habits})
    changed = [reminder for reminder, is_other in kept if schedule(reminder, user, now) or is_other]
    made = [*_for_habits(user, reminders, habits), *_for_account(user, reminders)]
    for reminder in made:
        schedule(reminder, user, now)
    Reminder.objects.filter(pk__in=[reminder.pk for reminder in gone]).delete()
    Reminder.objects.bulk_update(changed, FOLLOWED)
    Reminder.objects.bulk_create(made)
    return len(gone) + len(changed) + len(made)


def _follow(
    reminders: Iterable[Reminder], habits: dict[int, Habit]
) -> tuple[list[tuple[Reminder, bool]], list[Reminder]]:
    """Set habits' reminders to the habits' own times. Give those that stay, with whether they changed, and the rest.

    A habit that was deleted keeps its reminder, silent, as it keeps everything until its time is over.
    """
    kept, gone = [], []
    for reminder in reminders:
        habit = habits.get(reminder.habit_id or 0)
        if reminder.origin != Reminder.Origin.HABIT or (reminder.habit and reminder.habit.deleted):
            kept.append((reminder, False))
        elif habit is None:
            gone.append(reminder)
        else:
            kept.append((reminder, _set_times(reminder, habit)))
    return kept, gone


def _set_times(reminder: Reminder, habit: Habit) -> bool:
    wanted = (habit.reminder_time, habit.reminder_weekdays)
    is_other = (reminder.local_time, reminder.weekdays) != wanted
    if is_other:
        assert habit.reminder_time is not None  # noqa: S101 - only such habits are read
        reminder.local_time, reminder.weekdays = habit.reminder_time, habit.reminder_weekdays
    return is_other


def _for_habits(user: User, reminders: Sequence[Reminder], habits: Iterable[Habit]) -> list[Reminder]:
    known = {reminder.habit_id for reminder in reminders if reminder.origin == Reminder.Origin.HABIT}
    return [
        Reminder(
            user=user,
            kind=Reminder.Kind.HABIT,
            origin=Reminder.Origin.HABIT,
            habit=habit,
            local_time=habit.reminder_time,
            weekdays=habit.reminder_weekdays,
        )
        for habit in habits
        if habit.pk not in known and habit.reminder_time is not None
    ]


def _for_account(user: User, reminders: Sequence[Reminder]) -> list[Reminder]:
    known = {reminder.kind for reminder in reminders if reminder.origin == Reminder.Origin.ACCOUNT}
    return [
        Reminder(user=user, kind=kind, origin=Reminder.Origin.ACCOUNT, local_time=local_time)
        for kind, local_time in EVERYBODYS
        if kind not in known
    ]
