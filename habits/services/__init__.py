"""Writes of the habits app: one transaction each, and what depends on it told inside that transaction.

Habits and days are merged like the edits of one more device, so that phones learn of them (`habits.merging`). Repeating
a write changes, and tells, nothing. Content that is not valid raises `django.core.exceptions.ValidationError`; a habit
that was deleted meanwhile raises `Habit.DoesNotExist`.
"""

from .days import clear_completion, record_completion
from .habits import HabitFields, create_habit, delete_habit, put_habit, restore_habit, update_habit
from .imports import MAX_BACKUP, accept_backup, remove_backup
from .people import update_profile
from .pushes import retry_pushes
from .seen import OutOfDate, require_seen

__all__ = [
    "MAX_BACKUP",
    "HabitFields",
    "OutOfDate",
    "accept_backup",
    "clear_completion",
    "create_habit",
    "delete_habit",
    "put_habit",
    "record_completion",
    "remove_backup",
    "require_seen",
    "restore_habit",
    "retry_pushes",
    "update_habit",
    "update_profile",
]
