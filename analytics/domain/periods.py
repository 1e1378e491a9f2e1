"""Which weeks and months a person's days make up. Pure: no Django, no clock, no I/O."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from habits.domain.calendar import ONE_DAY, week_start_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

SIX_DAYS = timedelta(days=6)


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `first` to `last`, both included; its key is its first day."""

    first: date
    last: date

    @property
    def days(self) -> list[date]:
        """Every day of it, in order."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def overlaps(self, other: Period) -> bool:
        """Tell whether both have a day."""
        return self.first <= other.last and self.last >= other.first


def week_of(day: date, week_start: int) -> Period:
    """Return the week of a day, by the weekday on which weeks begin (0 is Monday)."""
    first = week_start_of(day, week_start)
    return Period(first, first + SIX_DAYS)


def week_after(last: date, week_start: int) -> Period:
    """Return the week that follows one which ended on `last`.

    It ends before the next day on which weeks begin, hence it is shorter once when a person has chosen another weekday.
    """
    first = last + ONE_DAY
    return Period(first, week_start_of(first, week_start) + SIX_DAYS)


def month_of(day: date) -> Period:
    """Return the calendar month of a day."""
    return Period(day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))


def weeks_between(first: date, last: date, week_start: int) -> list[Period]:
    """Return the weeks that lie in a stretch of days, in order; the outermost are cut off at its ends."""
    weeks, day = [], first
    while day <= last:
        week = week_of(day, week_start)
        weeks.append(Period(day, min(week.last, last)))
        day = week.last + ONE_DAY
    return weeks


def weeks_with(touched: Period, stored: Iterable[Period], last: date, week_start: int) -> list[Period]:
    """Return the weeks up to a last day that have any of the days that were touched.

    Those that are stored, which are given in their order, keep the bounds that they had; the days between make weeks
    by the present first weekday.
    """
    begin = week_start_of(touched.first, week_start)
    end = min(week_of(touched.last, week_start).last, last)
    kept = [week for week in stored if week.overlaps(Period(begin, end))]
    between = (week for gap in _gaps(begin, end, kept) for week in weeks_between(*gap, week_start))
    return [week for week in (*kept, *between) if week.overlaps(touched)]


def _gaps(begin: date, end: date, stored: Iterable[Period]) -> Iterator[tuple[date, date]]:
    """Give the stretches of days from one to another that no stored week has; the weeks are in their order."""
    for week in stored:
        if begin < week.first:
            yield begin, week.first - ONE_DAY
        begin = week.last + ONE_DAY
    if begin <= end:
        yield begin, end


def months_with(touched: Period, last: date) -> list[Period]:
    """Return the calendar months up to a last day that have any of the days that were touched."""
    months, day = [], touched.first
    while day <= touched.last:
        month = month_of(day)
        if month.last <= last:
            months.append(month)
        day = month.last + ONE_DAY
    return months
