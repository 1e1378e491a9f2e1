"""What the analytics app does when people and habits change, in the transaction of the change.

Of habits it marks what has changed and enqueues the job that follows. A person's clock is set at once, as the end of
their day hangs on the moment.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models.signals import post_save
from django.dispatch import receiver

from analytics.rollups.clocks import follow_profile, start_clocks
from analytics.rollups.marks import mark
from analytics.tasks import follow_up, refresh_soon
from habits.models import User
from habits.signals import completions_changed

CLOCK_FIELDS = frozenset({"timezone", "day_start", "week_start"})


@receiver(completions_changed, dispatch_uid="analytics.mark_changed_habits")
def mark_changed_habits(*, user_id: int, since: Mapping[int, date | None], **_: Any) -> None:
    """Have the statistics of changed habits put right, once for all that a person ticks in a row."""
    mark(user_id, since)
    refresh_soon(user_id)


@receiver(post_save, sender=settings.AUTH_USER_MODEL, dispatch_uid="analytics.set_clock")
def set_clock(*, instance: User, created: bool, raw: bool, update_fields: Set[str] | None, **_: Any) -> None:
    """Start a new person's clock, and set it anew where they live by another one."""
    if raw:
        return
    if created:
        start_clocks([instance])
    elif update_fields is None or CLOCK_FIELDS & set(update_fields):
        for closed in follow_profile(instance):
            follow_up(closed)
