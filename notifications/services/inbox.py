"""Notes what people have seen."""

from __future__ import annotations

from django.db import transaction

from habits.models import User
from notifications import clock
from notifications.models import Delivery, InboxItem


@transaction.atomic
def mark_read(*, item: InboxItem, is_read: bool = True) -> InboxItem:
    """Mark an item of the inbox as read, or as unread again; reading twice keeps the first time."""
    if (item.read_at is not None) != is_read:
        item.read_at = clock.now() if is_read else None
        item.save(update_fields=["read_at"])
    return item


@transaction.atomic
def mark_all_read(*, user: User, up_to: int) -> int:
    """Mark all items up to a number as read, so that none is which the person has not been shown; answer how many."""
    return InboxItem.objects.filter(user=user, pk__lte=up_to, read_at=None).update(read_at=clock.now())


@transaction.atomic
def remove_item(*, item: InboxItem) -> None:
    """Remove an item from the inbox. The notification stays, so that nothing is told again."""
    item.delete()


@transaction.atomic
def acknowledge_received(*, delivery: Delivery) -> None:
    """Note that the app has got a delivery; the first time counts."""
    Delivery.objects.filter(pk=delivery.pk, received_at=None).update(received_at=clock.now())


@transaction.atomic
def acknowledge_opened(*, delivery: Delivery) -> None:
    """Note that the person has opened a notification, on this device; in the inbox it is read then."""
    now = clock.now()
    Delivery.objects.filter(pk=delivery.pk, opened_at=None).update(opened_at=now)
    Delivery.objects.filter(pk=delivery.pk, received_at=None).update(received_at=now)
    InboxItem.objects.filter(notification=delivery.notification_id, read_at=None).update(read_at=now)
