"""Which days weeks and months of a person have."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from analytics.domain.periods import Period, month_of, week_after, week_of, weeks_between
from tests.unit.habits.strategies import days

WEDNESDAY = date(2026, 3, 4)


def test_a_week_is_known_by_its_first_day() -> None:
    assert week_of(WEDNESDAY, 0) == Period(date(2026, 3, 2), date(2026, 3, 8))
    assert week_of(WEDNESDAY, 6) == Period(date(2026, 3, 1), date(2026, 3, 7))


def test_another_first_weekday_makes_the_next_week_shorter_and_then_whole_ones() -> None:
    first = week_after(date(2026, 3, 8), 6)
    assert first == Period(date(2026, 3, 9), date(2026, 3, 14))
    assert week_after(first.last, 6) == Period(date(2026, 3, 15), date(2026, 3, 21))


@given(days, st.integers(0, 6))
def test_weeks_follow_each_other_without_a_gap(day: date, week_start: int) -> None:
    week = week_of(day, week_start)
    assert day in week
    following = week_after(week.last, week_start)
    assert (following.first, len(following.days)) == (week.last + timedelta(days=1), 7)


@given(days, st.integers(0, 40), st.integers(0, 6))
def test_weeks_of_a_stretch_have_each_of_its_days_once(first: date, length: int, week_start: int) -> None:
    last = first + timedelta(days=length)
    found = [day for week in weeks_between(first, last, week_start) for day in week.days]
    assert found == [first + timedelta(days=n) for n in range(length + 1)]


def test_a_month_is_a_calendar_month() -> None:
    assert month_of(date(2028, 2, 10)) == Period(date(2028, 2, 1), date(2028, 2, 29))
