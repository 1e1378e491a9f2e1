"""A person's phones and browsers."""

from __future__ import annotations

from django.db.models import QuerySet

from habits.models import User
from notifications.models import Device


def devices_of(user: User) -> QuerySet[Device]:
    """Give a person's devices, those too that are sent to no more; the latest to be seen first."""
    return Device.objects.filter(user=user).order_by("-last_seen_at", "-pk")
