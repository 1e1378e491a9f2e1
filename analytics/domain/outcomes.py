"""What became of a habit on a closed day, and of a person's day. Pure: no Django, no clock, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from math import fsum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

NOTABLE_STREAK = 3
"""Days from which on the end of a streak is worth a word."""

MILESTONES = (7, 30, 100, 365, 1000)
"""Days after which a streak is worth a word."""


class Outcome(IntFlag):
    """What became of a habit on a day; as the rows of `UserDay` keep it."""

    DUE = 1
    DONE = 2
    SKIPPED = 4
    BROKEN = 8
    """A streak of at least `NOTABLE_STREAK` days ended."""
    MILESTONE = 16
    """A streak reached one of `MILESTONES`."""


@dataclass(frozen=True, slots=True)
class HabitDay:
    """A habit on one closed day."""

    day: date
    outcome: Outcome
    strength: float
    streak: int
    """Days in the streak that was alive at the end of the day; of a broken one, those that it had had."""


@dataclass(frozen=True, slots=True)
class Figures:
    """A person's closed day: of the habits that were due how many were done, skipped and missed."""

    due: int = 0
    done: int = 0
    skipped: int = 0
    missed: int = 0
    extra: int = 0
    """Done without being due."""
    strength: float | None = None
    """Mean strength of the habits; None where there was none."""

    @property
    def rate(self) -> float | None:
        """Share of what was due and not skipped that was done; None where nothing was."""
        asked = self.due - self.skipped
        return self.done / asked if asked else None

    @property
    def is_perfect(self) -> bool:
        """Something was due, and all of it was done or skipped, something done."""
        return self.done > 0 and self.missed == 0


def figures(habits: Iterable[tuple[Outcome, float]]) -> Figures:
    """Count a person's day from the outcome and strength of each habit."""
    outcomes, strengths = tuple(zip(*habits, strict=True)) or ((), ())
    due = sum(Outcome.DUE in outcome for outcome in outcomes)
    done = sum(Outcome.DUE | Outcome.DONE in outcome for outcome in outcomes)
    skipped = sum(Outcome.DUE | Outcome.SKIPPED in outcome for outcome in outcomes)
    extra = sum(Outcome.DONE in outcome and Outcome.DUE not in outcome for outcome in outcomes)
    mean = fsum(strengths) / len(strengths) if strengths else None
    return Figures(due, done, skipped, due - done - skipped, extra, mean)


def whole_percent(rate: float) -> int:
    """Return a rate as it is shown: in whole per cent, a half to the even one."""
    return round(100 * rate)


def points_between(rate: float | None, before: float | None) -> int | None:
    """Return by how many points a rate rose, as both are shown; None where either is not known."""
    return None if rate is None or before is None else whole_percent(rate) - whole_percent(before)
