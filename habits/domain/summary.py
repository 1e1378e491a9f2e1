"""The statistics of one habit as of one day. Pure: no Django, no clock, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from habits.domain.records import Record, Rule
    from habits.domain.streaks import Streak


@dataclass(frozen=True, slots=True)
class Summary:
    """The statistics of one habit as of one day."""

    strength: float
    current_streak: Streak | None
    best_streak: Streak | None
    total_done: int
    done_today: bool
    completed_today: bool
    due_today: bool
    covered_until: date | None


def summarise(rule: Rule, records: Mapping[date, Record], today: date) -> Summary:
    """Compute the statistics of a habit as of `today`, a local day of its owner."""
    raise NotImplementedError
