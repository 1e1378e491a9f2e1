"""What a notification tells of, as its words take it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from habits.models import Habit
from notifications.domain.copy import Subject
from notifications.domain.kinds import Kind

MOST_NAMED = 20
"""Habits whose identifiers go along; a message has 4 KiB."""


def subject_of(kind: str, habits: Sequence[Habit], facts: Mapping[str, Any]) -> Subject:
    """Give the subject of a notification about these habits."""
    return Subject(
        kind=Kind(kind),
        names=[habit.name for habit in habits],
        question=habits[0].question if len(habits) == 1 and kind == Kind.HABIT else "",
        label=facts.get("label", ""),
        facts=facts,
    )


def data_of(
    kind: str, notification_id: int, reminder_id: int | None, day: str, habits: Sequence[Habit]
) -> dict[str, str]:
    """Give what the app needs to lead to what the notification is about; texts only, as providers want them."""
    data = {"kind": kind, "notification_id": str(notification_id), "day": day}
    if reminder_id is not None:
        data["reminder_id"] = str(reminder_id)
    if habits:
        data["habit_ids"] = ",".join(habit.client_id for habit in habits[:MOST_NAMED])
    return data
