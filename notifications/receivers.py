"""What the notifications app does when habits, profiles and weeks change: it enqueues jobs, in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver

from habits.signals import CountedWeek, habits_changed, profile_changed, weeks_counted
from notifications.tasks import announce_weeks, keep_reminders

CLOCKWORK = frozenset({"timezone", "day_start"})
"""Fields of a profile with which reminders fire at other instants."""

WEEKS_AT_ONCE = 500
"""Weeks that one job announces."""


@receiver(habits_changed, dispatch_uid="notifications.follow_habits")
def follow_habits(*, user_id: int, **_: Any) -> None:
    """Have reminders brought to what the habits say."""
    _keep(user_id)


@receiver(profile_changed, dispatch_uid="notifications.follow_profile")
def follow_profile(*, user_id: int, fields: set[str], **_: Any) -> None:
    """Have reminders follow a person to another zone."""
    if CLOCKWORK & fields:
        _keep(user_id)


@receiver(weeks_counted, dispatch_uid="notifications.announce_weeks")
def announce_counted_weeks(*, weeks: Sequence[CountedWeek], **_: Any) -> None:
    """Have the reports of weeks told."""
    rows = [(week.user_id, str(week.first_day), str(week.last_day), dict(week.facts)) for week in weeks]
    announce_weeks.enqueue_many(
        {"weeks": rows[begin : begin + WEEKS_AT_ONCE]} for begin in range(0, len(rows), WEEKS_AT_ONCE)
    )


def _keep(user_id: int) -> None:
    keep_reminders.using(unique_key=f"user:{user_id}", unique_until="started", user=user_id).enqueue(user_id=user_id)
