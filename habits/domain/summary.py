"""The statistics of one habit as of one day. Pure: no Django, no clock, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from habits.domain.history import Mark, trace
from habits.domain.schedule import due_days
from habits.domain.streaks import best, current, streaks
from habits.domain.strength import strengths

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from habits.domain.history import History
    from habits.domain.records import Record, Rule
    from habits.domain.streaks import Streak


@dataclass(frozen=True, slots=True)
class Summary:
    """The statistics of one habit as of one day, `today`."""

    strength: float
    """From 0 to 1, `today` included even if it is still open."""

    current_streak: Streak | None
    """The streak alive on `today` and cut off there; None if there is none."""

    best_streak: Streak | None
    """The longest streak, the latest of several; it may reach into days ahead that are covered already."""

    total_done: int
    """Days ticked, or days whose amount met the target."""

    done_today: bool
    """`today` was ticked, or its amount meets the target."""

    completed_today: bool
    """Nothing remains to be done on `today`, since it is done, covered or skipped. Never for a limit, whose day only
    its end decides. This is Loop Habit Tracker's test whether a reminder is still wanted."""

    due_today: bool
    """The habit asks for something on `today`, be it done already or not: see `due_days`."""

    covered_until: date | None
    """The last day that ticks cover; None when they cover no other day than their own."""


def summarise(rule: Rule, records: Mapping[date, Record], today: date) -> Summary:
    """Compute the statistics of a habit as of `today`, a local day of its owner.

    Takes time proportional to the days from the first record on, and needs all records: strength and streaks grow from
    the first one. Records after `today` count in the best streak and in the total.
    """
    history = trace(rule, records, today)
    runs = streaks(history)
    mark = history.marks.get(today, Mark.UNKNOWN)
    return Summary(
        strength=strengths(history).get(today, 0.0),
        current_streak=current(runs, rule, today),
        best_streak=next(iter(best(runs, 1)), None),
        total_done=total_done(history),
        done_today=mark is Mark.DONE,
        completed_today=history.keeps(mark) and not rule.is_limit,
        due_today=bool(due_days(rule, records, today, today)),
        covered_until=history.covered[-1].end if history.covered else None,
    )


def total_done(history: History) -> int:
    """Count the days ticked, or the days whose amount met the target."""
    return sum(mark is Mark.DONE for mark in history.marks.values())
