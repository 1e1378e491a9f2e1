"""When reminders fire: the oracle's answers, and people who travel."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.due import Occurrence, alert_time, is_too_late, next_occurrence, spread
from tests.unit.habits.oracle import lines

CASES = lines("time_next_fire_sample.jsonl")
ZONES = ["Europe/Berlin", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def successive(zone: str, at: time, weekdays: int, after: datetime, count: int) -> list[Occurrence]:
    """Fire as the planner does: each time is looked for from the one before, on a later date."""
    found: list[Occurrence] = []
    for _ in range(count):
        latest = found[-1] if found else None
        found.append(next_occurrence(zone, at, weekdays, latest.at if latest else after, latest and latest.day))
    return found


@pytest.mark.skipif(not CASES, reason="the oracle is not here")
@pytest.mark.parametrize("zone", sorted({case["zone"] for case in CASES}))
def test_a_chain_of_reminders_fires_at_the_instants_of_the_oracle(zone: str) -> None:
    for case in (case for case in CASES if case["zone"] == zone):
        at, after = time.fromisoformat(case["local_time"]), datetime.fromisoformat(case["after"])
        found = successive(zone, at, case["weekday_mask_mon0"], after, 3)
        assert [one.at for one in found] == [datetime.fromisoformat(text) for text in case["next"]], case


def test_after_the_clocks_change_the_wall_time_is_the_same() -> None:
    found = successive("Europe/Berlin", time(8), 127, utc("2026-03-27T12:00"), 3)

    assert [one.at for one in found] == [utc("2026-03-28T07:00"), utc("2026-03-29T06:00"), utc("2026-03-30T06:00")]


def test_of_an_hour_that_comes_twice_only_the_first_fires() -> None:
    found = successive("Europe/Berlin", time(2, 30), 127, utc("2026-10-24T12:00"), 2)

    assert [one.at for one in found] == [utc("2026-10-25T00:30"), utc("2026-10-26T01:30")]


def test_who_flies_east_is_reminded_at_the_new_wall_time() -> None:
    in_berlin = next_occurrence("Europe/Berlin", time(8), 127, utc("2026-01-05T00:00"))
    in_tokyo = next_occurrence("Asia/Tokyo", time(8), 127, in_berlin.at, in_berlin.day)

    assert in_tokyo == Occurrence(date(2026, 1, 6), utc("2026-01-05T23:00"))


def test_who_flies_west_over_the_date_line_is_not_reminded_twice_on_one_date() -> None:
    in_auckland = next_occurrence("Pacific/Auckland", time(8), 127, utc("2026-01-05T12:00"))
    in_honolulu = next_occurrence("Pacific/Honolulu", time(8), 127, in_auckland.at, in_auckland.day)

    assert in_auckland == Occurrence(date(2026, 1, 6), utc("2026-01-05T19:00"))
    assert in_honolulu.day == date(2026, 1, 7)


@given(
    st.lists(st.sampled_from(ZONES), min_size=2, max_size=12),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.integers(1, 127),
    st.integers(14_245 * 86_400, 21_915 * 86_400).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
)
def test_whoever_travels_is_reminded_once_a_date_at_the_local_time(
    journey: list[str], at: time, weekdays: int, start: datetime
) -> None:
    moment, fired_on = start, None
    for zone in journey:
        found = next_occurrence(zone, at, weekdays, moment, fired_on)
        assert found.at > moment
        assert fired_on is None or found.day > fired_on
        local = found.at.astimezone(ZoneInfo(zone))
        assert (local.date(), local.time()) == (found.day, at) or _is_in_a_gap(zone, found.day, at)
        moment, fired_on = found.at, found.day


def _is_in_a_gap(zone: str, day: date, at: time) -> bool:
    """Tell whether the clocks jump over a local time."""
    wall = datetime.combine(day, at, ZoneInfo(zone))
    return wall.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != wall.replace(tzinfo=None)


def test_a_day_whose_end_the_clocks_jump_over_and_the_next_one_both_fire() -> None:
    found = successive("America/Scoresbysund", time(23, 30), 127, utc("2025-03-29T12:00"), 2)

    assert [one.day for one in found] == [date(2025, 3, 29), date(2025, 3, 30)]
    assert [one.at for one in found] == [utc("2025-03-30T01:30"), utc("2025-03-31T00:30")]


@pytest.mark.parametrize(
    ("wanted", "day_start", "expected"),
    [
        (time(20), 0, time(20)),
        (time(21), 0, time(21)),
        (time(21, 1), 0, time(21)),
        (time(23), 180, time(23)),
        (time(1), 180, time(0)),
        (time(2, 59), 180, time(0)),
        (time(3), 180, time(3)),
    ],
)
def test_a_streak_alert_leaves_three_hours_of_the_day(wanted: time, day_start: int, expected: time) -> None:
    assert alert_time(wanted, day_start) == expected
    assert not is_too_late(expected, day_start)


def test_people_are_spread_evenly_and_always_to_the_same_second() -> None:
    most = timedelta(seconds=30)
    delays = [spread(user_id, most) for user_id in range(1, 3001)]

    assert delays == [spread(user_id, most) for user_id in range(1, 3001)]
    counts: dict[Any, int] = {delay: delays.count(delay) for delay in set(delays)}
    assert set(counts) == {timedelta(seconds=second) for second in range(30)}
    assert max(counts.values()) <= 110


def test_without_a_spread_nobody_waits() -> None:
    assert spread(7, timedelta(0)) == timedelta(0)
