"""Cron lines in time zones, held to laws, to a brute-force reading of the clock, and on days when clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusjobs.jobs.domain.cron import Cron, InvalidSchedule, zone_of
from focusjobs.jobs.domain.ticks import next_ticks

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu"]
CHANGES = [  # zone, day on which the clock jumps forward, reading in the gap, day of the overlap, reading in it
    ("Europe/Berlin", date(2026, 3, 29), (2, 30), date(2026, 10, 25), (2, 30)),
    ("America/New_York", date(2026, 3, 8), (2, 30), date(2026, 11, 1), (1, 30)),
    ("Australia/Lord_Howe", date(2026, 10, 4), (2, 15), date(2026, 4, 5), (1, 45)),
]
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

moments = st.integers(0, 2 * 365 * 86_400 * 1000).map(
    lambda n: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(milliseconds=n)
)
near_changes = st.builds(
    lambda day, minutes: datetime(day.year, day.month, day.day, tzinfo=UTC) + minutes * MINUTE,
    st.sampled_from([day for change in CHANGES for day in (change[1], change[3])]),
    st.integers(-1_500, 1_500),
)
stars = st.sampled_from(["*", "*/7", "*/20"])
lines = st.builds(
    "{} {} * * {}".format,
    st.one_of(stars, st.integers(0, 59), st.sampled_from(["0,30", "15,40", "5-8"])),
    st.one_of(stars, st.integers(0, 23), st.sampled_from(["1-3", "0,2", "22-23"])),
    st.sampled_from(["*", "MON-FRI", "SUN"]),
)
crons = st.builds(lambda line, zone: Cron(line, zone_of(zone)), lines, st.sampled_from(ZONES))


@cache
def field(text: str, size: int) -> set[int]:
    """Read a field of a line as plainly as possible."""
    found: set[int] = set()
    for part in text.split(","):
        spread, _, step = part.partition("/")
        low, _, high = spread.partition("-")
        start, end = (0, size - 1) if low == "*" else (int(low), int(high or low))
        found |= set(range(start, end + 1, int(step or 1)))
    return found


def says(cron: Cron, reading: datetime) -> bool:
    minute, hour, _, _, weekday = cron.line.split()
    days = {"*": range(7), "MON-FRI": range(5), "SUN": [6]}[weekday]
    return reading.minute in field(minute, 60) and reading.hour in field(hour, 24) and reading.weekday() in days


def ticks_by_brute_force(cron: Cron, after: datetime, until: datetime) -> list[datetime]:
    """Ask every minute, in UTC for a rhythm and on the wall for times of day, which no zone has 16 hours apart."""
    start, end = after.replace(second=0, microsecond=0) - 16 * HOUR, until + 16 * HOUR
    minutes = [start + n * MINUTE for n in range((end - start) // MINUTE + 1)]
    if cron.means_times_of_day:
        wall = [minute.replace(tzinfo=cron.zone, fold=0) for minute in minutes]
        found = {reading.astimezone(UTC) for reading in wall if says(cron, reading)}
    else:
        found = {minute for minute in minutes if says(cron, minute.astimezone(cron.zone))}
    return sorted(tick for tick in found if after < tick <= until)


@given(crons, st.one_of(moments, near_changes))
def test_the_next_tick_is_later_and_lies_where_the_line_says(cron: Cron, moment: datetime) -> None:
    tick = cron.next_after(moment)
    assert tick > moment
    assert tick.tzinfo == UTC
    assert (tick.second, tick.microsecond) == (0, 0)


@given(crons, st.one_of(moments, near_changes))
def test_ticks_increase_and_are_the_same_from_wherever_one_asks(cron: Cron, moment: datetime) -> None:
    first, second = next_ticks(cron, moment, 2)
    assert moment < first < second
    assert cron.next_after(first - timedelta(microseconds=1)) == first
    assert cron.next_after(second - timedelta(microseconds=1)) == second
    assert cron.next_after(moment + (first - moment) / 2) == first


@given(crons, near_changes)
def test_ticks_around_changes_of_the_clock_are_those_that_asking_every_minute_finds(
    cron: Cron, moment: datetime
) -> None:
    until = moment + timedelta(days=1)
    ticks, tick = [], cron.next_after(moment)
    while tick <= until:
        ticks.append(tick)
        tick = cron.next_after(tick)
    assert ticks == ticks_by_brute_force(cron, moment, until)


@pytest.mark.parametrize(("zone", "gap_day", "in_gap", "overlap_day", "in_overlap"), CHANGES)
def test_a_daily_job_runs_once_on_each_day_the_clock_changes(
    zone: str, gap_day: date, in_gap: tuple[int, int], overlap_day: date, in_overlap: tuple[int, int]
) -> None:
    for changing, (hour, minute) in ((gap_day, in_gap), (overlap_day, in_overlap)):
        cron = Cron(f"{minute} {hour} * * *", zone_of(zone))
        start = datetime(changing.year, changing.month, changing.day, tzinfo=cron.zone) - timedelta(days=2)
        days = [tick.astimezone(cron.zone).date() for tick in next_ticks(cron, start, 5)]
        assert days == [start.date() + timedelta(days=n) for n in range(5)]


def local(cron: Cron, moment: str, count: int) -> list[str]:
    ticks = next_ticks(cron, datetime.fromisoformat(moment), count)
    return [tick.astimezone(cron.zone).isoformat(timespec="minutes") for tick in ticks]


def test_a_time_that_falls_into_a_gap_moves_forward_by_the_gap() -> None:
    berlin = Cron("30 2 * * *", zone_of("Europe/Berlin"))
    assert local(berlin, "2026-03-28T12:00+01:00", 2) == ["2026-03-29T03:30+02:00", "2026-03-30T02:30+02:00"]
    lord_howe = Cron("15 2 * * *", zone_of("Australia/Lord_Howe"))
    assert local(lord_howe, "2026-10-03T12:00+10:30", 2) == ["2026-10-04T02:45+11:00", "2026-10-05T02:15+11:00"]


def test_a_repeated_time_is_the_earlier_of_the_two() -> None:
    berlin = Cron("30 2 * * *", zone_of("Europe/Berlin"))
    assert local(berlin, "2026-10-24T12:00+02:00", 2) == ["2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"]
    assert local(berlin, "2026-10-25T02:10+01:00", 1) == ["2026-10-26T02:30+01:00"]
    new_york = Cron("30 1 * * *", zone_of("America/New_York"))
    assert local(new_york, "2026-10-31T12:00-04:00", 2) == ["2026-11-01T01:30-04:00", "2026-11-02T01:30-05:00"]


def test_an_hourly_job_runs_in_both_passes_of_a_repeated_hour() -> None:
    berlin = Cron("0 * * * *", zone_of("Europe/Berlin"))
    assert local(berlin, "2026-10-25T01:30+02:00", 3) == [
        "2026-10-25T02:00+02:00",
        "2026-10-25T02:00+01:00",
        "2026-10-25T03:00+01:00",
    ]
    lord_howe = Cron("45 * * * *", zone_of("Australia/Lord_Howe"))
    assert local(lord_howe, "2026-04-05T01:00+11:00", 2) == ["2026-04-05T01:45+11:00", "2026-04-05T01:45+10:30"]


@pytest.mark.parametrize(
    ("line", "after", "expected"),
    [
        ("0 3 * * *", "2026-01-01T03:00+00:00", "2026-01-02T03:00+00:00"),
        ("0 3 * * *", "2026-01-01T02:59:59.999+00:00", "2026-01-01T03:00+00:00"),
        ("0 3 * * *", "2026-01-01T03:00:00.001+00:00", "2026-01-02T03:00+00:00"),
        ("0 0 31 * *", "2026-02-01T00:00+00:00", "2026-03-31T00:00+00:00"),
        ("0 0 L * *", "2026-02-01T00:00+00:00", "2026-02-28T00:00+00:00"),
        ("0 0 29 2 *", "2026-01-01T00:00+00:00", "2028-02-29T00:00+00:00"),
        ("0 9 1 * MON", "2026-01-01T12:00+00:00", "2026-01-05T09:00+00:00"),
        ("*/10 * * * * *", "2026-01-01T00:00:55+00:00", "2026-01-01T00:01:00+00:00"),
    ],
)
def test_lines_name_the_instants_that_cron_names(line: str, after: str, expected: str) -> None:
    assert Cron(line, zone_of("UTC")).next_after(datetime.fromisoformat(after)) == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "wrong number of fields"),
        ("* * * *", "wrong number of fields"),
        ("61 * * * *", "bad minute"),
        ("0 24 * * *", "bad hour"),
        ("0 0 30 2 *", "bad day-of-month"),
        ("0 0 * * NOON", "bad day-of-week"),
        ("*/0 * * * *", "bad minute"),
    ],
)
def test_a_line_that_cannot_be_read_is_refused_with_the_reason(line: str, why: str) -> None:
    with pytest.raises(InvalidSchedule, match=why):
        Cron(line, zone_of("UTC"))


@given(st.text(alphabet="0123456789*/-,#LWMONabc ²\0", max_size=30))
def test_any_text_is_a_line_or_is_refused(text: str) -> None:
    try:
        cron = Cron(text, zone_of("Europe/Berlin"))
    except InvalidSchedule:
        return
    assert cron.next_after(datetime(2026, 1, 1, tzinfo=UTC)) > datetime(2026, 1, 1, tzinfo=UTC)
    assert cron.words().endswith(", Europe/Berlin")


@pytest.mark.parametrize("name", ["", "Europe", "Nowhere/Land", "../etc/passwd", "a\0b", "/etc/localtime"])
def test_a_zone_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(InvalidSchedule, match="no time zone"):
        zone_of(name)


def test_a_line_reads_in_plain_words() -> None:
    assert Cron("0 3 * * *", zone_of("Europe/Berlin")).words() == "At 03:00 every day, Europe/Berlin"
    assert Cron("15 9 * * MON-FRI", zone_of("UTC")).words() == "At 09:15 on Monday through Friday, UTC"
