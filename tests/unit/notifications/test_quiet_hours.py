"""When quiet hours end, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from notifications.domain.quiet_hours import QuietHours

NIGHT = QuietHours(time(22), time(7))
SIESTA = QuietHours(time(13), time(15, 30))

minutes = st.integers(0, 1439).map(lambda minute: time(minute // 60, minute % 60))
instants = st.integers(1_577_836_800, 1_893_456_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
zones = st.sampled_from(["Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Tehran", "UTC"])


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)


@pytest.mark.parametrize(
    ("quiet", "asked", "expected"),
    [
        (NIGHT, "2026-01-05T21:59", "2026-01-05T21:59"),
        (NIGHT, "2026-01-05T22:00", "2026-01-06T07:00"),
        (NIGHT, "2026-01-06T00:30", "2026-01-06T07:00"),
        (NIGHT, "2026-01-06T07:00", "2026-01-06T07:00"),
        (SIESTA, "2026-01-05T13:00", "2026-01-05T15:30"),
        (SIESTA, "2026-01-05T15:30", "2026-01-05T15:30"),
        (NIGHT, "2026-03-28T23:00", "2026-03-29T07:00"),
        (QuietHours(time(1), time(2, 30)), "2026-03-29T01:30", "2026-03-29T03:30"),
    ],
)
def test_what_falls_into_quiet_hours_waits_for_their_end(quiet: QuietHours, asked: str, expected: str) -> None:
    assert quiet.end_after("Europe/Berlin", berlin(asked)) == berlin(expected)


def test_quiet_hours_that_begin_when_they_end_are_none() -> None:
    assert QuietHours(time(8), time(8)).end_after("UTC", berlin("2026-01-05T09:00")) == berlin("2026-01-05T09:00")


@given(minutes, minutes, zones, instants)
def test_the_end_is_never_before_and_at_most_a_day_away(begin: time, end: time, zone: str, instant: datetime) -> None:
    found = QuietHours(begin, end).end_after(zone, instant)

    assert timedelta(0) <= found - instant <= timedelta(hours=25)


@given(minutes, minutes, zones, instants)
def test_at_the_end_it_is_not_quiet(begin: time, end: time, zone: str, instant: datetime) -> None:
    quiet = QuietHours(begin, end)
    found = quiet.end_after(zone, instant)
    local = found.astimezone(ZoneInfo(zone))
    # Where the clocks jump over the end of the quiet hours, or past their next beginning, there is no such local time.
    assume(found == instant or local.time() == end)

    assert quiet.end_after(zone, found) == found
