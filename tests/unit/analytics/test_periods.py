"""Which days weeks and months of a person have."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from analytics.domain.periods import Period, month_of, months_with, week_after, week_of, weeks_between, weeks_with
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


def test_weeks_that_are_stored_keep_their_bounds_and_the_days_between_make_others() -> None:
    stored = [Period(date(2026, 3, 4), date(2026, 3, 10)), Period(date(2026, 3, 18), date(2026, 3, 24))]
    found = weeks_with(Period(date(2026, 3, 5), date(2026, 3, 31)), stored, date(2026, 3, 29), 0)
    assert found == [
        *stored,
        Period(date(2026, 3, 11), date(2026, 3, 15)),
        Period(date(2026, 3, 16), date(2026, 3, 17)),
        Period(date(2026, 3, 25), date(2026, 3, 29)),
    ]


@given(days, st.integers(0, 60), st.integers(0, 6))
def test_where_no_week_is_stored_those_that_have_the_days_are_whole(first: date, length: int, week_start: int) -> None:
    touched = Period(first, first + timedelta(days=length))
    found = weeks_with(touched, [], touched.last + timedelta(days=6), week_start)
    assert {day for week in found for day in week.days} >= set(touched.days)
    assert all(week == week_of(week.first, week_start) for week in found)


def test_only_months_that_are_over_are_given() -> None:
    touched = Period(date(2026, 1, 31), date(2026, 3, 30))
    assert months_with(touched, date(2026, 3, 30)) == [month_of(date(2026, 1, 1)), month_of(date(2026, 2, 1))]
    assert months_with(touched, date(2026, 3, 31))[-1] == month_of(WEDNESDAY)
