"""Tells the other apps of people's weeks that have been summed up."""

from __future__ import annotations

from collections.abc import Sequence

from analytics.domain.outcomes import Figures, points_between, whole_percent
from analytics.domain.periods import Period
from analytics.rollups.period_statements import WORTH_TELLING
from focusjobs.sql import array, bound_rows
from habits.signals import CountedWeek, weeks_counted


def announce_weeks(periods: Sequence[tuple[int, Period]]) -> None:
    """Tell of those of these stored weeks that are worth it, in the caller's transaction."""
    values = {"users": array(user for user, _ in periods), "firsts": array(period.first for _, period in periods)}
    weeks = [
        CountedWeek(user, first, last, _facts(Figures(due=due, done=done), Figures(due=due_before, done=done_before)))
        for user, first, last, due, done, due_before, done_before in bound_rows(WORTH_TELLING, values)
    ]
    if weeks:
        weeks_counted.send(sender=None, weeks=weeks)


def _facts(week: Figures, before: Figures) -> dict[str, int | None]:
    return {
        "done": week.done,
        "due": week.due,
        "rate": None if week.rate is None else whole_percent(week.rate),
        "change": points_between(week.rate, before.rate),
    }
