"""Sums closed days up to weeks and months."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

from analytics.domain.periods import SIX_DAYS, Period, months_with, weeks_with
from analytics.domain.totals import most_tapped
from analytics.models import UserClock, UserMonth, UserWeek
from analytics.rollups.period_statements import GIVE_WAY, ROLL_UP, TAPS
from analytics.rollups.taps import hour_of
from focusjobs.sql import array, bound_rows
from habits.domain.calendar import ONE_DAY

BATCH = 200
"""Periods that are summed up in one statement."""


def roll_up(model: type[UserWeek] | type[UserMonth], periods: Sequence[tuple[int, Period]]) -> None:
    """Sum up the days of people's periods, in place of what is stored of them; none may begin as another one does."""
    for batch in in_batches(periods):
        _roll_up_batch(model, batch)


def roll_up_closed_weeks(periods: Sequence[tuple[int, Period]]) -> None:
    """Sum up weeks with the bounds that they had when they were closed, in place of any others of their days."""
    values = {
        "users": array(user for user, _ in periods),
        "firsts": array(period.first for _, period in periods),
        "lasts": array(period.last for _, period in periods),
    }
    left = [(user, Period(first, last)) for user, first, last in bound_rows(GIVE_WAY, values)]
    roll_up(UserWeek, [*left, *periods])


def in_batches(periods: Sequence[tuple[int, Period]]) -> Iterator[Sequence[tuple[int, Period]]]:
    """Give the periods in batches, of which each is worth a transaction."""
    for begin in range(0, len(periods), BATCH):
        yield periods[begin : begin + BATCH]


def _roll_up_batch(model: type[UserWeek] | type[UserMonth], periods: Sequence[tuple[int, Period]]) -> None:
    users = array(user for user, _ in periods)
    lasts = array(period.last for _, period in periods)
    values = {
        "users": users,
        "firsts": array(period.first for _, period in periods),
        "lasts": lasts,
        "hours": array(_best_hours(bound_rows(TAPS, {"users": users, "lasts": lasts}), len(periods))),
    }
    bound_rows(ROLL_UP.format(table=model._meta.db_table), values)


def _best_hours(taps: Iterable[tuple[int, datetime, str]], number: int) -> list[int | None]:
    """Give the local hour in which each person tapped most often."""
    counts: list[Counter[int]] = [Counter() for _ in range(number)]
    for place, instant, zone in taps:
        if (hour := hour_of(instant, zone)) is not None:
            counts[place - 1][hour] += 1
    return [most_tapped(count) for count in counts]


def ended_weeks(clock: UserClock, touched: Period) -> list[tuple[int, Period]]:
    """Give a person's weeks that are over and have any of these days (`analytics.domain.periods.weeks_with`)."""
    begin, end = touched.first - SIX_DAYS, touched.last + SIX_DAYS
    found = UserWeek.objects.filter(user_id=clock.user_id, first_day__lte=end, last_day__gte=begin)
    stored = [Period(first, last) for first, last in found.order_by("first_day").values_list("first_day", "last_day")]
    weeks = weeks_with(touched, stored, clock.week_first - ONE_DAY, clock.week_start)
    return [(clock.user_id, week) for week in weeks]


def ended_months(clock: UserClock, touched: Period) -> list[tuple[int, Period]]:
    """Give a person's calendar months that are over and have any of these days."""
    return [(clock.user_id, month) for month in months_with(touched, clock.last_closed)]


def sum_up_since(clock: UserClock, *days: date | None) -> None:
    """Sum up anew the weeks and months that are over and do not end before any of these days.

    Not only those of the days that came out otherwise: best weekdays and hours look back over four weeks, and with a
    tick streaks become longer whose days stay as they are.
    """
    first = min((day for day in days if day is not None), default=None)
    if first is not None and first <= clock.last_closed:
        period = Period(first, clock.last_closed)
        roll_up(UserWeek, ended_weeks(clock, period))
        roll_up(UserMonth, ended_months(clock, period))
