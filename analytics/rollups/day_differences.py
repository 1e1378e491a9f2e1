"""Compares a person's stored days with what their records, habits and focus sessions come to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from analytics.domain.outcomes import HabitDay
from analytics.domain.totals import ClosedDay
from analytics.models import UserClock, UserDay
from analytics.rollups import days
from analytics.rollups.differences import TOLERANCE, Difference
from analytics.rollups.taps import Tap, by_habit
from analytics.selectors.history import days_between, stored_days


@dataclass(slots=True)
class ComparedDays:
    """A person's days, and where the stored ones differ."""

    closed: dict[date, ClosedDay]
    """What weeks and months count of each day: as it is stored, but for the days that differ."""
    wrong: list[UserDay] = field(default_factory=list)
    """Days that differ from what is stored, as they should be."""
    differences: list[Difference] = field(default_factory=list)


def compare_days(
    clock: UserClock,
    first_day: date,
    begin: date,
    habits: Mapping[int, Mapping[date, HabitDay]],
    taps: list[Tap],
    using: str = "default",
) -> ComparedDays:
    """Compare the closed days since the first one; those before it since `begin` are given as they are stored."""
    rows = stored_days(clock.user_id, days_between(begin, clock.last_closed), using)
    found = ComparedDays({day: counted(row) for day, row in rows.items()})
    cut = [rows.get(day) or days.empty_day(clock, day) for day in days_between(first_day, clock.last_closed)]
    before = [days.contents(row) if row.day in rows else days.NOTHING for row in cut]
    times = by_habit(taps)
    for row in cut:
        days.set_habits(row, days.replaced(row, habits, row.habits), times.get(row.day, {}))
    days.set_focus(clock.user_id, cut, using)
    for row, contents in zip(cut, before, strict=True):
        if unlike := list(_differences(row, *contents)):
            found.differences += unlike
            found.wrong.append(row)
            _count_anew(found.closed, row)
    return found


def counted(row: UserDay) -> ClosedDay:
    """Give what a period counts of a day."""
    focus = (row.focus_seconds, row.focus_longest, row.focus_sessions)
    return ClosedDay(row.figures, row.by_habit, *focus)


def _count_anew(closed: dict[date, ClosedDay], row: UserDay) -> None:
    closed.pop(row.day, None)
    if not days.is_void(row):
        closed[row.day] = counted(row)


def _differences(row: UserDay, habits: days.Habits, counts: tuple[object, ...]) -> Iterator[Difference]:
    wanted, wanted_counts = days.contents(row)
    unlike = [habit for habit in habits.keys() | wanted.keys() if not _same(habits, wanted, habit)]
    for habit in unlike:
        yield Difference(habit, row.day, "day", habits.get(habit), wanted.get(habit))
    if counts != wanted_counts and not unlike:
        yield Difference(None, row.day, "day", counts, wanted_counts)


def _same(stored: days.Habits, wanted: days.Habits, habit: int) -> bool:
    if habit not in stored or habit not in wanted:
        return False
    (outcome, strength), (wanted_outcome, wanted_strength) = stored[habit], wanted[habit]
    return outcome == wanted_outcome and abs(strength - wanted_strength) <= TOLERANCE * 2  # both are rounded
