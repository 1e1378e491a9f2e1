"""When people are reminded."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from habits.models import User
from notifications.models import Reminder


def reminders_of(user: User) -> QuerySet[Reminder]:
    """Give a person's reminders by their time, but for those of deleted habits."""
    rows = Reminder.objects.select_related("habit").filter(Q(habit=None) | Q(habit__deleted=False), user=user)
    return rows.order_by("local_time", "pk")
