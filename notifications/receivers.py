"""What the notifications app does when habits, profiles and weeks change: it enqueues jobs, in the same transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.dispatch import receiver

from habits.signals import habits_changed, profile_changed, weekly_report_ready
from notifications.tasks import announce_week, keep_reminders

CLOCKWORK = frozenset({"timezone", "day_start"})
"""Fields of a profile with which reminders fire at other instants."""


@receiver(habits_changed, dispatch_uid="notifications.follow_habits")
def follow_habits(*, user_id: int, **_: Any) -> None:
    """Have reminders brought to what the habits say."""
    _keep(user_id)


@receiver(profile_changed, dispatch_uid="notifications.follow_profile")
def follow_profile(*, user_id: int, fields: set[str], **_: Any) -> None:
    """Have reminders follow a person to another zone."""
    if CLOCKWORK & fields:
        _keep(user_id)


@receiver(weekly_report_ready, dispatch_uid="notifications.announce_week")
def announce_counted_week(*, user_id: int, week: date, facts: Mapping[str, Any], **_: Any) -> None:
    """Have the report of a week told."""
    announce_week.using(user=user_id).enqueue(user_id=user_id, week=week.isoformat(), facts=dict(facts))


def _keep(user_id: int) -> None:
    keep_reminders.using(unique_key=f"user:{user_id}", unique_until="started", user=user_id).enqueue(user_id=user_id)
