"""What is told of changed records, and the versions that rise with them."""

from __future__ import annotations

from datetime import date
from typing import Any

from habits.models import Habit, SyncState


def news(habit: Habit, since: date | None) -> dict[str, Any]:
    """What `completions_changed` says when a habit changes from a day on; from the first, where that is None."""
    return {"habit_ids": [habit.pk], "user_id": habit.user_id, "since": {habit.pk: since}}


def version(habit: Habit) -> int:
    """The version of the habit's records, by which statistics are fresh or not."""
    return Habit.objects.values_list("completions_version", flat=True).get(pk=habit.pk)


def sync_version(habit: Habit) -> int:
    """The version of all that its person has, by which phones know what to fetch."""
    return SyncState.objects.get(user=habit.user_id).version
