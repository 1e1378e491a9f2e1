"""When people are reminded."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from habits.models import User
from notifications.models import Reminder


def reminders_of(user: User) -> QuerySet[Reminder]:
    """Give a person's reminders, but for those of deleted habits."""
    return Reminder.objects.select_related("habit").filter(Q(habit=None) | Q(habit__deleted=False), user=user)
