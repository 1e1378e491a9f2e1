"""What the closed days of weeks and months come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from analytics.domain.outcomes import Figures, HabitDay, Outcome
from analytics.domain.periods import Period
from analytics.domain.totals import ClosedDay, Lived, most_tapped, totals

MONDAY = date(2026, 3, 2)
WEEK = Period(MONDAY, date(2026, 3, 8))
NOT_DUE, DUE, DONE, SKIPPED = Outcome(0), Outcome.DUE, Outcome.DUE | Outcome.DONE, Outcome.DUE | Outcome.SKIPPED
RUN, READ = 1, 2


def after(days: int) -> date:
    return MONDAY + timedelta(days=days)


def closed(habits: Mapping[int, tuple[Outcome, float]] | None = None, *focus: int, **figures: Any) -> ClosedDay:
    return ClosedDay(Figures(**figures), habits or {}, *focus)


def lived(days: Mapping[int, ClosedDay], **known: Any) -> Lived:
    given = {"taps": {}, "habits": {}, "categories": {}, **known}
    return Lived(days={after(n): day for n, day in days.items()}, **given)


def summed(days: Mapping[int, ClosedDay], **known: Any) -> Any:
    return totals(WEEK, lived(days, **known))


def test_a_week_without_closed_days_has_no_totals() -> None:
    assert summed({-1: closed(due=1), 7: closed(due=1)}) is None


def test_the_counts_of_its_days_are_added_and_nothing_of_the_days_beside_it() -> None:
    found = summed(
        {
            -1: closed(due=9, done=9),
            0: closed({}, 600, 400, 2, due=2, done=1, missed=1, strength=0.1),
            3: closed({}, 300, 300, 1, due=3, done=1, skipped=2, extra=1),
            7: closed(due=9),
        }
    )
    assert (found.days, found.due, found.done, found.skipped, found.missed, found.extra) == (2, 5, 2, 2, 1, 1)
    assert (found.focus_seconds, found.focus_longest, found.focus_sessions) == (900, 400, 3)
    assert (found.perfect_days, found.last_day) == (1, WEEK.last)
    assert found.strength == 0.1  # the latest that is known


def test_the_best_and_the_worst_day_are_the_earliest_of_several_and_none_without_a_rate() -> None:
    found = summed({0: closed(due=1, skipped=1), 1: closed(due=2, done=1), 2: closed(due=2, done=1), 3: closed(due=4)})
    assert (found.best_day, found.worst_day) == (after(1), after(3))
    found = summed({0: closed(due=1, skipped=1)})
    assert (found.best_day, found.worst_day) == (None, None)


def test_the_best_weekday_and_hour_are_those_of_four_weeks() -> None:
    days = {-21: closed(due=1, done=1), -22: closed(due=9, done=9), 2: closed(due=2, done=1), 0: closed(due=1)}
    taps = {after(-21): Counter({8: 2}), after(-22): Counter({5: 9}), after(0): Counter({7: 2, 9: 1})}
    found = summed(days, taps=taps)
    assert found.best_weekday == 0  # one of two, as on Wednesdays, but the first from Monday
    assert found.best_hour == 7


def test_most_taps_of_no_hour_are_none() -> None:
    assert most_tapped(Counter()) is None


def test_the_best_streak_is_the_longest_that_was_alive_on_the_last_day() -> None:
    def on(day: int, streak: int, outcome: Outcome = DONE) -> dict[date, HabitDay]:
        return {after(day): HabitDay(after(day), outcome, 0.5, streak)}

    days = {0: closed()}
    assert summed(days, habits={RUN: on(6, 2), READ: on(5, 9)}).best_streak is None  # too short, or not on the last
    assert summed(days, habits={RUN: on(6, 9, DUE | Outcome.BROKEN), READ: on(6, 3)}).best_streak_habit == READ
    found = summed(days, habits={READ: on(6, 4), RUN: on(6, 4)})
    assert (found.best_streak, found.best_streak_habit) == (4, RUN)


def test_habits_are_named_whose_strength_rose_or_fell_since_the_eve() -> None:
    eve = closed({RUN: (DONE, 0.25), READ: (DONE, 0.75)})
    found = summed({-1: eve, 2: closed({RUN: (DONE, 0.5)}), 4: closed({RUN: (DONE, 0.75), READ: (DUE, 0.5)})})
    assert (found.top_habit, found.top_change) == (RUN, 0.5)
    assert (found.slipping_habit, found.slipping_change) == (READ, -0.25)
    found = summed({-1: eve, 2: closed({RUN: (DONE, 0.254), READ: (DUE, 0.746)})})
    assert (found.top_habit, found.top_change, found.slipping_habit, found.slipping_change) == (None, None, None, None)


def test_streaks_that_broke_and_categories_are_counted_by_habit() -> None:
    habits = {RUN: (DONE, 0.5), READ: (DUE | Outcome.BROKEN, 0.5)}
    found = summed(
        {0: closed(habits), 1: closed({RUN: (SKIPPED, 0.5)}), 2: closed({RUN: (NOT_DUE, 0.5)})},
        categories={RUN: "Sport", READ: ""},
    )
    assert found.broken == 1
    assert found.categories == {"Sport": [2, 1, 1]}
