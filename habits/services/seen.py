"""Writes that overwrite nothing which whoever writes has not seen."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeAlias

from habits.models import Habit

Seen: TypeAlias = Collection[int] | None
"""The versions of what is written that whoever writes has seen one of; None: it does not matter."""


class OutOfDate(Exception):
    """What is to be written has changed since whoever writes has seen it, or exists where it was not to."""


def require_seen(version: int | None, seen: Seen, *, only_new: bool = False) -> None:
    """Raise `OutOfDate` unless this version was seen; None: there is nothing yet, which alone `only_new` lets pass."""
    if (only_new and version is not None) or (seen is not None and version not in seen):
        raise OutOfDate


def current_habit(habit: Habit, seen: Seen = None) -> Habit:
    """Give the habit as it is now, with its owner.

    Raises `OutOfDate`, and `Habit.DoesNotExist` also where it is deleted.
    """
    current = Habit.objects.select_related("user").get(pk=habit.pk, deleted=False)
    require_seen(current.version, seen)
    return current
