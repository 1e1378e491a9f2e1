"""Runs of kept days. Pure: no Django, no clock, no I/O.

A day keeps a streak as in Loop Habit Tracker 2.3.1 (`History.keeps`); a skipped day of a yes-or-no habit even counts
into the length, so that imported streaks stay as long as they were. Days outside the weekday mask neither lengthen nor
end a streak.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from habits.domain.calendar import ONE_DAY
from habits.domain.schedule import scheduled_before

if TYPE_CHECKING:
    from datetime import date

    from habits.domain.history import History
    from habits.domain.records import Rule


@dataclass(frozen=True, slots=True)
class Streak:
    """A run of kept days from `start` to `end`, both included; `length` counts the days of the mask in it."""

    start: date
    end: date
    length: int


def streaks(history: History) -> list[Streak]:
    """Return every streak of a history, oldest first.

    The newest may end in the future, at most on the last day of the history: a tick of a weekly habit covers the days
    ahead, too.
    """
    rule, kept = history.rule, _kept_days(history)
    # In a run the days of the mask and the positions rise together, so their difference tells the runs apart.
    runs = groupby(enumerate(kept), key=lambda place: scheduled_before(rule, place[1]) - place[0])
    return [_streak([day for _, day in run]) for _, run in runs]


def best(runs: list[Streak], count: int) -> list[Streak]:
    """Return the `count` longest streaks, newest first; of two that are as long the later counts for more."""
    longest = sorted(runs, key=lambda run: (run.length, run.end), reverse=True)[:count]
    return sorted(longest, key=lambda run: run.end, reverse=True)


def current(runs: list[Streak], rule: Rule, today: date) -> Streak | None:
    """Return the streak that is alive on `today`, cut off there; None if there is none.

    It is alive if it reaches `today` or the last day of the mask before: a day that is not over is no miss. Days ahead
    that a tick covers do not count yet, hence the length grows by one a day at most.
    """
    started = [run for run in runs if run.start <= today]
    if not started or scheduled_before(rule, today) - scheduled_before(rule, started[-1].end) > 1:
        return None
    return _cut_off(started[-1], rule, today)


def _kept_days(history: History) -> list[date]:
    kept = (day for day, mark in history.marks.items() if history.keeps(mark))
    return sorted(day for day in kept if day <= history.last and history.rule.includes(day))


def _streak(days: list[date]) -> Streak:
    return Streak(days[0], days[-1], len(days))


def _cut_off(run: Streak, rule: Rule, today: date) -> Streak:
    if run.end <= today:
        return run
    end = today
    while not rule.includes(end):
        end -= ONE_DAY
    return Streak(run.start, end, scheduled_before(rule, end) - scheduled_before(rule, run.start) + 1)
