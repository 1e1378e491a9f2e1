"""What the closed days of a week or month come to. Pure: no Django, no clock, no I/O.

`analytics.rollups.period_statements` sums up the same in SQL, many people at a time; the nightly comparison holds it to
these rules.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias

from analytics.domain.outcomes import NOTABLE_STREAK, Figures, HabitDay, Outcome
from analytics.domain.periods import Period
from habits.domain.calendar import ONE_DAY

LOOK_BACK = timedelta(days=27)
"""How far before the last day of a period its best weekday and hour look."""

NOTABLE_CHANGE = 0.005
"""Strength that a habit has to gain or lose in a period to be named: half a percentage point."""


@dataclass(frozen=True, slots=True)
class ClosedDay:
    """A person's closed day, of which there are statistics."""

    figures: Figures
    habits: Mapping[int, tuple[Outcome, float]]
    """Outcome and strength of each habit that counted."""
    focus_seconds: int = 0
    focus_longest: int = 0
    focus_sessions: int = 0


@dataclass(frozen=True, slots=True)
class Lived:
    """What a person's weeks and months are summed up from, by day."""

    days: Mapping[date, ClosedDay]
    taps: Mapping[date, Counter[int]]
    """How often they tapped in each local hour."""
    habits: Mapping[int, Mapping[date, HabitDay]]
    """The days of each habit, worked out from its records."""
    categories: Mapping[int, str]
    """Of each habit, empty where it has none."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What the days of a period came to; meanings as in `analytics.models.days.Totals`."""

    last_day: date
    days: int
    due: int
    done: int
    skipped: int
    missed: int
    extra: int
    perfect_days: int
    broken: int
    focus_seconds: int
    focus_longest: int
    focus_sessions: int
    strength: float | None
    best_day: date | None
    worst_day: date | None
    best_weekday: int | None
    best_hour: int | None
    best_streak: int | None
    best_streak_habit: int | None
    top_habit: int | None
    top_change: float | None
    slipping_habit: int | None
    slipping_change: float | None
    categories: dict[str, list[int]]


Days: TypeAlias = Sequence[tuple[date, ClosedDay]]
"""Closed days with their dates, in order."""

Best: TypeAlias = tuple[int | None, float | None]
"""A habit and how much its strength changed; None and None where that is not worth a word."""


def totals(period: Period, lived: Lived) -> Totals | None:
    """Sum up the days of a period that is over; None where there are no statistics of any of them."""
    days = [(day, lived.days[day]) for day in period.days if day in lived.days]
    if not days:
        return None
    figures, closed = [day.figures for _, day in days], [day for _, day in days]
    best_day, worst_day = _outermost_days(days)
    streak, streak_habit = _longest_streak(lived, period.last)
    (top_habit, top_change), (slipping_habit, slipping_change) = _moves(period, lived.days)
    return Totals(
        last_day=period.last,
        days=len(days),
        **{name: sum(getattr(one, name) for one in figures) for name in ("due", "done", "skipped", "missed", "extra")},
        perfect_days=sum(one.is_perfect for one in figures),
        broken=sum(Outcome.BROKEN in outcome for day in closed for outcome, _ in day.habits.values()),
        focus_seconds=sum(day.focus_seconds for day in closed),
        focus_longest=max(day.focus_longest for day in closed),
        focus_sessions=sum(day.focus_sessions for day in closed),
        strength=next((one.strength for one in reversed(figures) if one.strength is not None), None),
        best_day=best_day,
        worst_day=worst_day,
        best_weekday=_best_weekday(period.last, lived.days),
        best_hour=most_tapped(
            sum((lived.taps[day] for day in _look_back(period.last) if day in lived.taps), Counter())
        ),
        best_streak=streak,
        best_streak_habit=streak_habit,
        top_habit=top_habit,
        top_change=top_change,
        slipping_habit=slipping_habit,
        slipping_change=slipping_change,
        categories=_by_category(closed, lived.categories),
    )


def most_tapped(hours: Counter[int]) -> int | None:
    """Return the local hour with the most taps, the earliest of several; None where there are none."""
    return min(hours, key=lambda hour: (-hours[hour], hour), default=None)


def _look_back(last: date) -> list[date]:
    return Period(last - LOOK_BACK, last).days


def _outermost_days(days: Days) -> tuple[date | None, date | None]:
    """Return the days with the highest and with the lowest rate, the earliest of several."""
    rates = {day: rate for day, closed in days if (rate := closed.figures.rate) is not None}
    return max(rates, key=rates.__getitem__, default=None), min(rates, key=rates.__getitem__, default=None)


def _best_weekday(last: date, days: Mapping[date, ClosedDay]) -> int | None:
    """Return the weekday with the highest rate of those on which something was done.

    Of several the one on which most was done, then the first from Monday.
    """
    done, asked = Counter[int](), Counter[int]()
    for day in _look_back(last):
        if closed := days.get(day):
            done[day.weekday()] += closed.figures.done
            asked[day.weekday()] += closed.figures.due - closed.figures.skipped
    weekdays = [weekday for weekday, number in done.items() if number]
    return min(weekdays, key=lambda one: (-done[one] / asked[one], -done[one], one), default=None)


def _longest_streak(lived: Lived, last: date) -> tuple[int | None, int | None]:
    """Return the longest streak that was alive at the end of a day, and its habit, if it is worth a word."""
    alive = [
        (-found.streak, habit)
        for habit, days in lived.habits.items()
        if (found := days.get(last)) and found.streak >= NOTABLE_STREAK and Outcome.BROKEN not in found.outcome
    ]
    length, habit = min(alive, default=(None, None))
    return (None, None) if length is None else (-length, habit)


def _moves(period: Period, days: Mapping[date, ClosedDay]) -> tuple[Best, Best]:
    """Return the habits whose strength rose and fell most since the eve of a period, the first made of several."""
    begun: dict[int, float] = {}
    ended: dict[int, float] = {}
    for day in (period.first - ONE_DAY, *period.days):
        for habit, (_, strength) in days[day].habits.items() if day in days else ():
            begun.setdefault(habit, strength)
            ended[habit] = strength
    changes = sorted((ended[habit] - begun[habit], habit) for habit in begun)
    rose = min(changes, key=lambda move: (-move[0], move[1]), default=(0.0, 0))
    fell = changes[0] if changes else (0.0, 0)
    return _notable(*rose, rose[0] >= NOTABLE_CHANGE), _notable(*fell, fell[0] <= -NOTABLE_CHANGE)


def _notable(change: float, habit: int, is_notable: bool) -> Best:
    return (habit, change) if is_notable else (None, None)


def _by_category(days: Sequence[ClosedDay], categories: Mapping[int, str]) -> dict[str, list[int]]:
    """Count how many habits of each category were due, done and skipped."""
    counts: dict[str, list[int]] = {}
    for day in days:
        for habit, (outcome, _) in day.habits.items():
            if category := categories.get(habit):
                due = Outcome.DUE in outcome
                of_day = (due, due and Outcome.DONE in outcome, due and Outcome.SKIPPED in outcome)
                before = counts.get(category, [0, 0, 0])
                counts[category] = [number + one for number, one in zip(before, of_day, strict=True)]
    return counts
