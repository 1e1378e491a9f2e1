"""Since when the closed days of a person may be other than they were, after a change."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, timedelta

from analytics.models import HabitState
from analytics.rollups.tracing import Traced
from habits.domain.calendar import ONE_DAY


def first_outdated(
    since: Mapping[int, date | None],
    states: Mapping[int, HabitState],
    traced: Mapping[int, Traced],
    moved: Mapping[int, Collection[date]],
) -> date | None:
    """Give the first day of any habit that may have changed, None where there is none.

    `since`, by habit, is the earliest day of which records have changed, or None for ever; `states` are those that were
    stored, `traced` the habits as they are now, without those that are deleted, and `moved` the days on which what
    became of their streaks has changed.
    """
    days = []
    for habit, day in since.items():
        mine = [*_firsts(day, states.get(habit), traced.get(habit)), *moved.get(habit, ())]
        if mine and habit in moved and _is_longer(traced[habit], states.get(habit), moved[habit]):
            mine.append(_reach(traced[habit], min(mine)))
        days += mine
    return min(days, default=None)


def _firsts(since: date | None, state: HabitState | None, traced: Traced | None) -> Iterator[date]:
    """Give the first day of a habit that may have changed without its streaks.

    Where not only what is recorded of a day has changed, these are the first day on which it counted so far, and the
    first on which it does now.
    """
    if since is not None and traced is not None:
        yield since
        return
    if state:
        yield min(state.made_on, state.first_day or state.made_on)
    if traced and traced.days:
        yield min(traced.days)


def _is_longer(traced: Traced, state: HabitState | None, moved: Collection[date]) -> bool:
    """Tell whether streaks of days before a change may be others than they were."""
    changed = state is not None and state.streak != traced.chronicle.standing.streak
    return traced.chronicle.terms.has_runs and (bool(moved) or changed)


def _reach(traced: Traced, day: date) -> date:
    """Give the earliest day whose streak may have changed with ticks from a day on.

    A tick covers days before its own, and moves what earlier ticks cover back as far as they adjoin: to the start of
    their streak, and from there by less than a window (`habits.domain.schedule.coverage`). One of 30 days may have 31.
    """
    window = timedelta(days=traced.chronicle.terms.days + 1)
    lengths = {found.day: found.streak for found in traced.chronicle.days}
    day -= window
    while lengths.get(day):
        day -= ONE_DAY
    return day - window
