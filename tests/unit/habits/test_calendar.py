"""Days, weeks and wall times are cut as people's clocks cut them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from habits.domain.calendar import day_bounds, local_to_utc, logical_date, week_start_of
from habits.domain.occurrences import dated_fires
from habits.domain.territory import first_weekday, first_weekday_of_locale
from tests.unit.habits.occurrences import next_fire, next_fires
from tests.unit.habits.strategies import day_starts, days, instants, masks, zones

ONE_DAY = timedelta(days=1)


def utc(text: str) -> datetime:
    return wall(text).replace(tzinfo=UTC)


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_wall_time_that_the_clocks_jump_over_moves_forward_by_the_jump() -> None:
    assert local_to_utc("Europe/Berlin", wall("2025-03-30T02:30")) == utc("2025-03-30T01:30")


def test_of_a_wall_time_that_comes_twice_the_earlier_instant_is_taken() -> None:
    assert local_to_utc("Europe/Berlin", wall("2025-10-26T02:30").replace(fold=1)) == utc("2025-10-26T00:30")


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2025, 3, 30), 23), (date(2025, 6, 1), 24), (date(2025, 10, 26), 25)], ids=str
)
def test_a_day_is_as_long_as_the_clocks_make_it(day: date, hours: int) -> None:
    start, end = day_bounds("Europe/Berlin", 0, day)
    assert end - start == timedelta(hours=hours)


def test_a_day_that_samoa_left_out_has_no_length_and_no_instant() -> None:
    start, end = day_bounds("Pacific/Apia", 180, date(2011, 12, 30))
    assert start == end == utc("2011-12-30T13:00")
    assert logical_date("Pacific/Apia", 180, start) == date(2011, 12, 31)


def test_a_date_that_kwajalein_lived_twice_is_one_long_day() -> None:
    start, end = day_bounds("Pacific/Kwajalein", 0, date(1969, 9, 30))
    assert end - start == timedelta(hours=47)


def test_an_hour_after_midnight_belongs_to_the_day_before_when_the_day_starts_at_three() -> None:
    assert logical_date("Europe/Berlin", 180, utc("2025-06-01T00:59")) == date(2025, 5, 31)
    assert logical_date("Europe/Berlin", 180, utc("2025-06-01T01:00")) == date(2025, 6, 1)


def test_a_day_that_starts_in_the_repeated_hour_starts_when_it_comes_first() -> None:
    # Clocks show 02:30 at 00:30 and at 01:30 UTC; at the second time the new day has begun an hour ago.
    assert logical_date("Europe/Berlin", 150, utc("2025-10-26T00:29")) == date(2025, 10, 25)
    assert logical_date("Europe/Berlin", 150, utc("2025-10-26T00:30")) == date(2025, 10, 26)
    assert logical_date("Europe/Berlin", 150, utc("2025-10-26T01:10")) == date(2025, 10, 26)


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a time zone"):
        logical_date("Europe/Berlin", 0, wall("2025-06-01T00:00"))


@given(zones, day_starts, days)
def test_days_tile_time_without_gap_or_overlap(zone: str, day_start: int, day: date) -> None:
    start, end = day_bounds(zone, day_start, day)
    assert start <= end == day_bounds(zone, day_start, day + ONE_DAY)[0]


@given(zones, day_starts, days, st.floats(0, 1, exclude_max=True))
def test_every_instant_of_a_day_has_its_date(zone: str, day_start: int, day: date, share: float) -> None:
    start, end = day_bounds(zone, day_start, day)
    instant = start + (end - start) * share
    assert (logical_date(zone, day_start, instant) == day) == (start <= instant < end)


@given(zones, day_starts, instants)
def test_every_instant_lies_within_the_bounds_of_its_date(zone: str, day_start: int, instant: datetime) -> None:
    start, end = day_bounds(zone, day_start, logical_date(zone, day_start, instant))
    assert start <= instant < end


@pytest.mark.parametrize(
    ("week_start", "first"), [(0, date(2025, 6, 9)), (5, date(2025, 6, 14)), (6, date(2025, 6, 15))]
)
def test_a_week_begins_on_the_persons_own_weekday(week_start: int, first: date) -> None:
    assert week_start_of(date(2025, 6, 15), week_start) == first


@given(days, st.integers(0, 6))
def test_a_week_has_seven_days_and_begins_on_its_weekday(day: date, week_start: int) -> None:
    first = week_start_of(day, week_start)
    assert first.weekday() == week_start
    assert timedelta(0) <= day - first < timedelta(days=7)


def test_a_reminder_on_workdays_leaves_the_weekend_out() -> None:
    friday_noon = utc("2025-06-13T12:00")
    assert next_fires("Europe/Berlin", time(9), 0b0011111, friday_noon, 2) == [
        utc("2025-06-16T07:00"),
        utc("2025-06-17T07:00"),
    ]


def test_a_reminder_at_its_own_instant_comes_next_on_another_day() -> None:
    assert next_fire("UTC", time(9), 127, utc("2025-06-13T09:00")) == utc("2025-06-14T09:00")


def test_a_reminder_in_the_repeated_hour_comes_once() -> None:
    between = utc("2025-10-26T00:45")
    assert next_fire("Europe/Berlin", time(2, 30), 127, utc("2025-10-25T12:00")) == utc("2025-10-26T00:30")
    assert next_fire("Europe/Berlin", time(2, 30), 127, between) == utc("2025-10-27T01:30")


def test_a_reminder_keeps_its_wall_time_through_a_change_of_the_clocks() -> None:
    assert next_fires("America/New_York", time(7), 127, utc("2025-03-08T00:00"), 3) == [
        utc("2025-03-08T12:00"),
        utc("2025-03-09T11:00"),
        utc("2025-03-10T11:00"),
    ]


def test_a_date_that_was_left_out_brings_no_second_reminder() -> None:
    assert next_fires("Pacific/Apia", time(7), 127, utc("2011-12-29T00:00"), 3) == [
        utc("2011-12-29T17:00"),
        utc("2011-12-30T17:00"),
        utc("2011-12-31T17:00"),
    ]


@pytest.mark.parametrize("mask", [0, 128, -1])
def test_a_mask_without_a_weekday_is_refused(mask: int) -> None:
    with pytest.raises(ValueError, match="weekday mask"):
        dated_fires("UTC", time(7), mask, utc("2025-06-13T09:00"))


@given(zones, st.times(), masks, instants)
def test_reminders_come_on_each_date_of_the_mask_in_order(zone: str, at: time, mask: int, after: datetime) -> None:
    around = [after.date() + timedelta(days=offset) for offset in range(-2, 40)]
    wanted = {local_to_utc(zone, datetime.combine(day, at)) for day in around if mask >> day.weekday() & 1}
    assert next_fires(zone, at, mask, after, 5) == sorted(instant for instant in wanted if instant > after)[:5]


@pytest.mark.parametrize(
    ("territory", "weekday"), [("DE", 0), ("US", 6), ("us", 6), ("EG", 5), ("MV", 4), ("PT", 6), ("", 0), ("ZZ", 0)]
)
def test_the_week_begins_as_in_the_persons_territory(territory: str, weekday: int) -> None:
    assert first_weekday(territory) == weekday


@pytest.mark.parametrize(
    ("locale", "weekday"),
    [("en", 0), ("en-US", 6), ("zh_Hant_TW", 6), ("es-419", 0), ("ar-EG", 5), ("de-u-co-phonebk", 0), ("", 0)],
)
def test_a_locale_tells_the_first_weekday_by_its_territory(locale: str, weekday: int) -> None:
    assert first_weekday_of_locale(locale) == weekday
