"""Sums closed days up to weeks and months."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from analytics.domain.periods import Period, month_of, week_of, weeks_between
from analytics.models import UserClock, UserMonth, UserWeek
from analytics.rollups.period_statements import GIVE_WAY, ROLL_UP, TAPS
from focusjobs.sql import array, bound_rows
from habits.domain.calendar import ONE_DAY, week_start_of

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
    """Give the local hour in which each person tapped most often, the earliest of several."""
    counts: list[Counter[int]] = [Counter() for _ in range(number)]
    for place, instant, zone in taps:
        try:
            counts[place - 1][instant.astimezone(ZoneInfo(zone)).hour] += 1
        except (ZoneInfoNotFoundError, ValueError):  # a phone may know zones that are too new for this machine
            continue
    return [min(count, key=lambda hour: (-count[hour], hour)) if count else None for count in counts]


def ended_weeks(clock: UserClock, touched: Period) -> list[tuple[int, Period]]:
    """Give a person's weeks that are over and have any of these days.

    Those that are stored keep the bounds that they had; the days between make weeks by the present first weekday.
    """
    begin = week_start_of(touched.first, clock.week_start)
    end = min(week_of(touched.last, clock.week_start).last, clock.week_first - ONE_DAY)
    found = UserWeek.objects.filter(user_id=clock.user_id, first_day__lte=end, last_day__gte=begin)
    stored = [Period(first, last) for first, last in found.order_by("first_day").values_list("first_day", "last_day")]
    between = (week for gap in _gaps(begin, end, stored) for week in weeks_between(*gap, clock.week_start))
    weeks = (week for week in (*stored, *between) if week.first <= touched.last and week.last >= touched.first)
    return [(clock.user_id, week) for week in weeks]


def _gaps(begin: date, end: date, stored: Iterable[Period]) -> Iterator[tuple[date, date]]:
    """Give the stretches of days from one to another that no stored week has; the weeks are in their order."""
    for week in stored:
        if begin < week.first:
            yield begin, week.first - ONE_DAY
        begin = week.last + ONE_DAY
    if begin <= end:
        yield begin, end


def ended_months(clock: UserClock, touched: Period) -> list[tuple[int, Period]]:
    """Give a person's calendar months that are over and have any of these days."""
    months, day = [], touched.first
    while day <= touched.last:
        month = month_of(day)
        if month.last <= clock.last_closed:
            months.append((clock.user_id, month))
        day = month.last + ONE_DAY
    return months


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
