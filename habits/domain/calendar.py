"""How a person's days and weeks are cut out of time. Pure: no Django, no clock, no I/O.

A zone is an IANA name, never an offset; an unknown one raises `zoneinfo.ZoneInfoNotFoundError` everywhere here.
`day_start` is the number of minutes after local midnight at which a new day begins. Days end at boundaries that are
computed from the local calendar: subtracting hours from an instant gives the wrong day near a change of the clocks.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ONE_DAY = timedelta(days=1)


def local_to_utc(zone: str, naive: datetime) -> datetime:
    """Convert a local wall time to an instant in UTC.

    A time that the clocks jump over moves forward by the length of the jump; of a time that comes twice, the earlier
    instant is taken. Both are what PEP 495 gives for fold=0. PostgreSQL's AT TIME ZONE takes the later one of the two,
    hence conversions belong here and not in SQL.
    """
    return naive.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)


def day_start_instant(zone: str, day_start: int, day: date) -> datetime:
    """Return the instant, in UTC, at which the local day `day` begins."""
    return local_to_utc(zone, datetime.combine(day, time.min) + timedelta(minutes=day_start))


def day_bounds(zone: str, day_start: int, day: date) -> tuple[datetime, datetime]:
    """Return the instants, in UTC, from which (inclusive) to which (exclusive) a local day lasts.

    They are 24 hours apart, a few hours more or less when the clocks change, and equal for a day that a territory left
    out (Samoa, 30 December 2011).
    """
    return day_start_instant(zone, day_start, day), day_start_instant(zone, day_start, day + ONE_DAY)


def logical_date(zone: str, day_start: int, instant: datetime) -> date:
    """Return the local day in whose `day_bounds` an aware instant lies.

    Raises ValueError for a naive instant.
    """
    if instant.tzinfo is None:
        raise ValueError(f"An instant needs a time zone: {instant.isoformat()}.")
    # One day ahead of the wall clock, which falls back by up to a day where a zone moves east over the date line.
    day = instant.astimezone(ZoneInfo(zone)).date() + ONE_DAY
    while day_start_instant(zone, day_start, day) > instant:
        day -= ONE_DAY
    return day


def week_start_of(day: date, week_start: int) -> date:
    """Return the first day of the week that `day` is in; `week_start` is a weekday, 0 being Monday."""
    return day - timedelta(days=(day.weekday() - week_start) % 7)
