"""What a habit asks for, in the few numbers with which a day is closed. Pure: no Django, no clock, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from habits.domain.schedule import MONTHLY
from habits.domain.strength import decay

if TYPE_CHECKING:
    from datetime import date

    from habits.domain.records import Rule

LONGEST_COUNTED = min(MONTHLY) - 1
"""Up to here a window is a fixed number of days, and twice as many fit into the bits of `Standing.recent`."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a habit asks for; `HabitState` keeps it beside what is carried from day to day.

    `times` in `days`, summed up over a window that is twice as long where `doubled` (`habits.domain.strength`). The
    target is in units and counts for amounts only.
    """

    ticks: bool
    at_most: bool
    days: int
    times: int
    doubled: bool
    weekdays: int
    decay: float
    """Share of the strength that a day without the habit leaves."""
    target: float

    @property
    def span(self) -> int:
        """Days of the window whose sum moves the strength."""
        return self.days * 2 if self.doubled else self.days

    @property
    def has_runs(self) -> bool:
        """Ticks cover other days than their own, so that streaks are worked out anew after each change."""
        return self.ticks and self.days > 1

    @property
    def counts_recent(self) -> bool:
        """The ticks of the window are in `Standing.recent`; of longer windows each day is looked up."""
        return self.has_runs and self.days <= LONGEST_COUNTED

    @property
    def start(self) -> float:
        """The strength before the first record: a limit has been kept so far."""
        return 1.0 if self.at_most else 0.0

    def includes(self, day: date) -> bool:
        """Tell whether the weekday of a day is in the mask."""
        return bool(self.weekdays >> day.weekday() & 1)


def terms_of(rule: Rule) -> Terms:
    """Return the terms of a rule."""
    return Terms(
        ticks=not rule.counts_amounts,
        at_most=rule.is_limit,
        days=rule.days,
        times=rule.times,
        doubled=not rule.counts_amounts and rule.times < rule.days,
        weekdays=rule.weekdays,
        decay=decay(rule.times, rule.days),
        target=rule.target_value,
    )
