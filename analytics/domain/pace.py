"""How large the next batch of a close is and how long it waits, by how busy the database is. Pure: no clock, no I/O.

Two signs are looked at: how many statements others run at the moment, and how long a person took in the last batch
beside how long they take in quiet moments.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

SMALLEST, LARGEST = 25, 1000
"""People in a batch."""

TARGET = 0.1
"""Seconds that a batch is to take; a third of what no statement may pass while it holds its locks."""

SLOW = 3.0
"""How many times as long as in quiet moments a person may take before the database counts as busy."""

LEARNING = 0.1
"""Weight of the latest batch in what counts as usual, when it was slower; a quicker one counts at once."""

PATIENCE = timedelta(seconds=30)
"""How long a close goes on slowly in a busy database before it is put off."""

REST = timedelta(minutes=1)
"""How long it is put off."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What a close has learned from its batches."""

    batch: int = 200
    usual: float | None = None
    """Seconds a person takes in quiet moments."""
    busy_seconds: float = 0.0
    """For how long the database has been busy without a pause."""

    def after(self, people: int, seconds: float, others: int, busy_from: int) -> Pace:
        """Return the pace after a batch that took so long, while others ran so many statements.

        Grows the batch by half towards `TARGET` at most, and halves it where it took longer or the database is busy.
        """
        each = seconds / max(1, people)
        usual = each if self.usual is None else min(each, self.usual + LEARNING * (each - self.usual))
        is_busy = others >= busy_from or each > SLOW * usual
        batch = self.batch // 2 if is_busy or seconds > 2 * TARGET else round(self.batch * _growth(seconds))
        return replace(
            self,
            batch=max(SMALLEST, min(LARGEST, batch)),
            usual=usual,
            busy_seconds=self.busy_seconds + seconds + pause(seconds) if is_busy else 0.0,
        )

    @property
    def is_busy(self) -> bool:
        """The database was busy during the last batch."""
        return self.busy_seconds > 0

    def gives_way(self, overdue: timedelta, deadline: timedelta) -> bool:
        """Tell whether to put the close off; never when the oldest day has waited longer than the deadline."""
        return self.busy_seconds > PATIENCE.total_seconds() and overdue < deadline


def pause(seconds: float) -> float:
    """Return how many seconds to rest in a busy database after a batch that took so long: four fifths of the time."""
    return 4 * seconds


def _growth(seconds: float) -> float:
    return min(1.5, TARGET / seconds) if seconds > 0 else 1.5
