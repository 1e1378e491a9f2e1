"""Whether anything is waiting to be told."""

from __future__ import annotations

from datetime import datetime

from notifications.models import Notification


def is_anything_due(now: datetime) -> bool:
    """Tell whether planned notifications wait to be decided about. Index: notification_due."""
    return Notification.objects.filter(state=Notification.State.PLANNED, due_at__lte=now).exists()
