"""Intervals that do not drift, and the ticks that were missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusjobs.jobs.domain.cron import Cron, InvalidSchedule, zone_of
from focusjobs.jobs.domain.ticks import EPOCH, Every, next_ticks, rhythm_of, ticks_between

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
moments = st.integers(0, 10**11).map(lambda n: NEW_YEAR + timedelta(milliseconds=n))
intervals = st.timedeltas(timedelta(seconds=1), timedelta(days=40))
seconds = st.integers(1, 100_000).map(lambda n: timedelta(seconds=n))


@given(intervals, moments, moments)
def test_ticks_of_an_interval_lie_on_the_grid_through_its_anchor(
    interval: timedelta, anchor: datetime, moment: datetime
) -> None:
    tick = Every(interval, anchor).next_after(moment)
    assert moment < tick <= moment + interval
    assert (tick - anchor) % interval == timedelta(0)


@given(seconds, moments, st.timedeltas(timedelta(0), timedelta(hours=5)))
def test_a_late_tick_moves_none_of_the_later_ones(interval: timedelta, due: datetime, late: timedelta) -> None:
    on_time = next_ticks(Every(interval, due), due, 50)
    after_lateness = Every(interval, due).next_after(due + late)
    assert after_lateness in on_time or after_lateness > on_time[-1]
    assert (after_lateness - due) % interval == timedelta(0)


def test_an_interval_without_an_anchor_ticks_at_full_hours_and_midnights() -> None:
    moment = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
    assert Every(timedelta(hours=1)).next_after(moment) == datetime(2026, 5, 6, 8, tzinfo=UTC)
    assert Every(timedelta(days=1)).next_after(moment) == datetime(2026, 5, 7, tzinfo=UTC)
    assert Every(timedelta(minutes=15)).anchor == EPOCH


def test_an_interval_reads_in_plain_words() -> None:
    assert Every(timedelta(seconds=1)).words() == "Every 1 second"
    assert Every(timedelta(days=2, hours=1, minutes=30)).words() == "Every 2 days 1 hour 30 minutes"
    assert Every(timedelta(seconds=1.5)).words() == "Every 1.5 seconds"


@given(seconds, moments, st.timedeltas(timedelta(0), timedelta(days=2)), st.integers(1, 20))
def test_missed_ticks_are_the_newest_of_those_that_counting_finds(
    interval: timedelta, after: datetime, absence: timedelta, cap: int
) -> None:
    count = absence // interval
    found = ticks_between(Every(interval, after), after, after + absence, cap)
    assert found == [after + n * interval for n in range(max(1, count - cap + 1), count + 1)]


def test_missed_ticks_of_a_line_are_those_between_two_instants_with_the_later_end() -> None:
    daily = Cron("0 3 * * *", zone_of("UTC"))
    three = NEW_YEAR + timedelta(hours=3)
    found = ticks_between(daily, three, three + timedelta(days=3), 100)
    assert found == [three + timedelta(days=n) for n in (1, 2, 3)]
    assert ticks_between(daily, three, three, 100) == []


def test_a_year_of_missed_seconds_is_found_quickly_and_capped() -> None:
    every_second = Cron("* * * * * *", zone_of("Europe/Berlin"))
    found = ticks_between(every_second, NEW_YEAR, NEW_YEAR + timedelta(days=365), 100)
    assert len(found) == 100
    assert found[-1] == NEW_YEAR + timedelta(days=365)


@pytest.mark.parametrize("interval", [timedelta(0), timedelta(seconds=-5), timedelta(milliseconds=999)])
def test_an_interval_shorter_than_a_second_is_refused(interval: timedelta) -> None:
    with pytest.raises(InvalidSchedule, match="at least one second"):
        Every(interval)


def test_a_rhythm_is_either_a_line_or_an_interval() -> None:
    with pytest.raises(InvalidSchedule, match="either"):
        rhythm_of("", None, "UTC")
    with pytest.raises(InvalidSchedule, match="either"):
        rhythm_of("* * * * *", timedelta(hours=1), "UTC")
    with pytest.raises(InvalidSchedule, match="no time zone"):
        rhythm_of("", timedelta(hours=1), "Mars/Base")
