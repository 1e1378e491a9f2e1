"""What people find in their inbox."""

from __future__ import annotations

from django.db.models import QuerySet

from habits.models import User
from notifications.models import InboxItem

MOST_COUNTED = 100


def inbox_of(user: User, *, only_unread: bool = False) -> QuerySet[InboxItem]:
    """Give the items of a person's inbox."""
    items = InboxItem.objects.filter(user=user)
    return items.filter(read_at=None) if only_unread else items


def unread_of(user: User) -> int:
    """Count what a person has not read, up to `MOST_COUNTED`. Index: inbox_unread."""
    return inbox_of(user, only_unread=True).order_by()[:MOST_COUNTED].count()
