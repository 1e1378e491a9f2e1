"""What a weekly report tells. Pure: no Django, no clock, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analytics.domain.outcomes import points_between

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date


@dataclass(frozen=True, slots=True)
class Mention:
    """A habit by its name, and a number about it: days of a streak, or strength gained or lost."""

    name: str
    number: float


@dataclass(frozen=True, slots=True)
class DayBar:
    """A day of the week: the share that was done, or None where nothing was asked for."""

    day: date
    rate: float | None


@dataclass(frozen=True, slots=True)
class WeekNumbers:
    """A person's week that is over."""

    first_day: date
    last_day: date
    due: int
    """What was asked for, without what was skipped."""
    done: int
    rate: float | None
    previous_rate: float | None
    """The rate of the week before; None where it is not known."""
    perfect_days: int
    broken: int
    """Streaks that ended."""
    focus_seconds: int
    focus_sessions: int
    focus_longest: int
    best_weekday: int | None
    best_hour: int | None
    best_streak: Mention | None
    top: Mention | None
    slipping: Mention | None
    days: Sequence[DayBar]

    @property
    def points(self) -> int | None:
        """By how many percentage points the rate changed; None where either is not known."""
        return points_between(self.rate, self.previous_rate)
