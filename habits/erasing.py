"""Erases accounts that their people have deleted, with everything that belongs to them.

Rows go by the foreign keys' CASCADE, also those of apps that depend on this one; jobs are forgotten by the job layer,
which hears of the deletion. What operators did stays, without the person's name.
"""

from __future__ import annotations

from datetime import timedelta

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import CharField, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone

from habits.models import Backup, Habit, User

LATE = timedelta(minutes=10)
"""Age at which a closed account counts as left behind by its job."""

ERASED = "(erased)"


@transaction.atomic
def erase(user_id: int) -> dict[str, int]:
    """Erase a closed account and answer how many rows of each model went; nothing where it is gone or open.

    The lock keeps rows from being added that would refer to the person.
    """
    user = User.objects.select_for_update().filter(pk=user_id, closed_at__isnull=False).first()
    if user is None:
        return {}
    _forget_names(User.objects.filter(pk=user_id))
    _forget_names(Habit.objects.filter(user=user))
    _forget_names(Backup.objects.filter(user=user))
    _, gone = user.delete()
    return gone


def late_closures() -> list[int]:
    """Give the closed accounts that should have been erased by now. Index: user_closed."""
    return list(User.objects.filter(closed_at__lt=timezone.now() - LATE).values_list("pk", flat=True))


def _forget_names(rows: QuerySet[User] | QuerySet[Habit] | QuerySet[Backup]) -> None:
    """Take the names of a person's rows out of the admin's log of acts."""
    kind = ContentType.objects.get_for_model(rows.model)
    numbers = rows.order_by().values_list(Cast("pk", CharField()), flat=True)
    LogEntry.objects.filter(content_type=kind, object_id__in=numbers).update(object_repr=ERASED, change_message="")
