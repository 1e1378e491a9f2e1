"""Sends a test, so that somebody can see whether notifications arrive."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.db import transaction

from habits.models import User
from habits.selectors import local_today
from notifications import clock
from notifications.domain.kinds import MANNERS, Kind
from notifications.models import Notification
from notifications.tasks import dispatch_notifications


@transaction.atomic
def send_test(*, user: User, key: UUID | None = None) -> Notification:
    """Have a test sent to all devices of a person, at once: neither quiet hours nor caps hold it back.

    With a key that was used before nothing more is sent, and the test of that time is given.
    """
    now = clock.now()
    notification, _ = Notification.objects.get_or_create(
        user=user,
        kind=Notification.Kind.TEST,
        occurrence_key=f"test:{key or uuid4()}",
        defaults={
            "day": local_today(user),
            "fire_at": now,
            "due_at": now,
            "not_after": now + MANNERS[Kind.TEST].grace,
        },
    )
    dispatch_notifications.using(unique_key="now", unique_until="started").enqueue()
    return notification
