"""What a backup of another habit app holds, whichever app wrote it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, time

from habits.domain.records import EVERY_DAY, THOUSANDTHS, Kind, TargetType

TICK = THOUSANDTHS
"""The value of a completed day of a yes-or-no habit."""

MOST_HABITS = 2_000
"""A file with more habits than this is refused: no person made it."""

MOST_COMPLETIONS = 2_000_000
"""A file with more recorded days than this is refused: 100 habits ticked daily for 50 years are fewer."""

DEFAULT_COLOR = "#00897B"
"""The colour that Loop Habit Tracker gives to habits of apps whose own colours it cannot read (its palette's teal)."""

NAMESPACE = uuid.UUID("5f2a2a0c-6a35-5c43-9d5f-3f1a6c1f7d10")
"""Namespace of the identifiers of habits that have none in their file."""


class UnreadableBackup(ValueError):
    """A file cannot be imported. The message is a sentence for the person: what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class ImportedCompletion:
    """What a backup records for one habit on one day."""

    day: date
    value: int | None
    """Thousandths of a unit: a tick is 1000, “not done” is 0; None for a skip and for a day with only a note."""
    skipped: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class ImportedHabit:
    """One habit of a backup, in the terms of `habits.models.Habit`."""

    name: str
    uid: str | None = None
    """By which a second import finds the habit again, 64 characters at most; None: its name and kind have to do."""
    question: str = ""
    notes: str = ""
    category: str = ""
    color: str = ""
    """As #rrggbb; empty when unknown."""
    kind: Kind = Kind.YES_NO
    freq_num: int = 1
    freq_den: int = 1
    weekdays: int = EVERY_DAY
    target_type: TargetType = TargetType.AT_LEAST
    target_value: float = 0.0
    """In units of the habit."""
    unit: str = ""
    archived: bool = False
    position: int = 0
    reminder_time: time | None = None
    """Local time; None for no reminder."""
    reminder_weekdays: int = EVERY_DAY
    """Bit 0 is Monday."""
    completions: tuple[ImportedCompletion, ...] = ()
    """By day, at most one a day."""


def derived_uid(*parts: object) -> str:
    """Make the identifier of a habit that has none: the same parts, in the same order, give the same one."""
    return str(uuid.uuid5(NAMESPACE, "\x1f".join(str(part) for part in parts)))
