"""Writes people's closed days where something of them has to be worked out again."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import TypeAlias

from analytics.domain.outcomes import HabitDay, Outcome, figures
from analytics.models import FocusSession, UserClock, UserDay
from analytics.rollups.closing import day_end
from analytics.rollups.taps import Taps, by_habit, taps_between
from analytics.rollups.tracing import Traced
from analytics.rollups.upserting import upsert
from analytics.selectors.history import days_between, stored_days
from focusjobs.sql import bound_rows
from habits.domain.calendar import ONE_DAY

KEY = ("day", "user_id")
FACTS = ("began_at", "ended_at", "neutral")
"""Columns that the close has written; the rest follows from records, habits and sessions."""

COUNTS = ("due", "done", "skipped", "missed", "extra", "strength")


def empty_day(clock: UserClock, day: date) -> UserDay:
    """Give a day that has no row, with nothing on it, as the person's present zone cuts it."""
    began_at, ended_at = (day_end(clock.zone, clock.day_start, one) for one in (day - ONE_DAY, day))
    counts = dict.fromkeys(("due", "done", "skipped", "missed", "extra"), 0)
    return UserDay(
        user_id=clock.user_id, day=day, began_at=began_at, ended_at=ended_at, neutral=False, habits=[], outcomes=[],
        strengths=[], **counts,
    )  # fmt: skip


def set_habits(row: UserDay, habits: Mapping[int, tuple[Outcome, float]], taps: Mapping[int, Taps]) -> None:
    """Let these be the habits of a day, and count them."""
    row.habits = list(habits)
    row.outcomes = [int(outcome) for outcome, _ in habits.values()]
    row.strengths = [strength for _, strength in habits.values()]
    counted = figures(habits.values())
    for name in COUNTS:
        setattr(row, name, getattr(counted, name))
    known = [taps[habit] for habit in habits if habit in taps]
    row.first_at = min((tap.first_at for tap in known), default=None)
    row.last_at = max((tap.last_at for tap in known), default=None)


def replaced(
    row: UserDay, days: Mapping[int, Mapping[date, HabitDay]], gone: Collection[int] = ()
) -> dict[int, tuple[Outcome, float]]:
    """Give the habits of a day with some of them put anew, or taken away where they do not count on it."""
    habits = {habit: found for habit, found in row.by_habit.items() if habit not in days and habit not in gone}
    anew = {habit: of_habit[row.day] for habit, of_habit in days.items() if row.day in of_habit}
    return habits | {habit: (day.outcome, day.strength) for habit, day in anew.items()}


def set_focus(user_id: int, cut: Sequence[UserDay], using: str = "default") -> None:
    """Count the focus sessions that began on each of successive days. Index: focus_of_day."""
    for row in cut:
        row.focus_seconds = row.focus_sessions = row.focus_longest = 0
    sessions = FocusSession.objects.using(using).filter(
        user_id=user_id, started_at__gte=cut[0].began_at, started_at__lt=cut[-1].ended_at
    )
    begins = [row.began_at for row in cut]
    for started_at, seconds in sessions.values_list("started_at", "seconds"):
        row = cut[bisect_right(begins, started_at) - 1]
        if started_at < row.ended_at:
            row.focus_seconds += seconds
            row.focus_sessions += 1
            row.focus_longest = max(row.focus_longest, seconds)


Habits: TypeAlias = Mapping[int, tuple[Outcome, float]]
Contents: TypeAlias = tuple[Habits, tuple[object, ...]]

NOTHING: Contents = ({}, (0, 0, 0, 0, 0, 0, 0, 0, None, None))
"""The contents of a day that has no row."""


def contents(row: UserDay) -> Contents:
    """Give what follows from records, habits and sessions, to be compared; strengths to the tolerance of the close."""
    habits = {habit: (outcome, round(strength, 9)) for habit, (outcome, strength) in row.by_habit.items()}
    focus = (row.focus_seconds, row.focus_sessions, row.focus_longest)
    counts = (row.due, row.done, row.skipped, row.missed, row.extra)
    return habits, (*counts, *focus, row.first_at, row.last_at)


def is_void(row: UserDay) -> bool:
    """Tell whether a day needs no row: nothing was asked for and nothing was done."""
    return not row.habits and not row.focus_sessions and not row.neutral


# Take the days away on which nothing is left. Served by the primary key.
FORGET = "DELETE FROM analytics_userday WHERE user_id = %s AND day = ANY(%s)"


def save_days(user_id: int, found: Collection[UserDay]) -> None:
    """Store days as they are now, in place of what is stored of them."""
    upsert([row for row in found if not is_void(row)], KEY, kept=FACTS)
    if void := [row.day for row in found if is_void(row)]:
        bound_rows(FORGET, [user_id, void])


def put_right(
    clock: UserClock, first: date | None, focus_since: date | None, traced: Mapping[int, Traced], gone: Collection[int]
) -> list[date]:
    """Write the closed days from the first that may have changed on, and give those that did."""
    begin = min((day for day in (first, focus_since) if day is not None), default=None)
    if begin is None or begin > clock.last_closed:
        return []
    dates = days_between(begin, clock.last_closed)
    found = stored_days(clock.user_id, dates)
    before = {day: contents(row) for day, row in found.items()}
    cut = [found.get(day) or empty_day(clock, day) for day in dates]
    if first is not None:
        anew = {habit: one.days for habit, one in traced.items()}
        taps = by_habit(taps_between(clock.user_id, begin, clock.last_closed))
        for row in cut:
            set_habits(row, replaced(row, anew, gone), taps.get(row.day, {}))
    if focus_since is not None:
        set_focus(clock.user_id, cut)
    changed = [row for row in cut if contents(row) != before.get(row.day, NOTHING)]
    save_days(clock.user_id, changed)
    return [row.day for row in changed]
