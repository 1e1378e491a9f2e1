"""When a reminder is due, how late is too late, and how the rush of a full hour is spread.

A reminder fires once on each local date whose weekday is in its mask, at a local wall time in the zone in which its
person is (`habits.domain.occurrences`). Where the person moves to another zone, the same date does not come again.

Pure: no Django, no clock, no I/O.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from habits.domain.occurrences import dated_fires

LAST_HOURS = timedelta(hours=3)
"""A streak alert leaves at least so much of the day, or it would come too late to be of use."""

ALERT_TIME = time(20)
"""When streaks are looked after, unless the person wants another time."""

REPORT_TIME = time(9)
"""When the report of the past week comes, on the first day of the next."""

_MINUTES = 24 * 60
_SCATTER = 2_654_435_761
"""Knuth's multiplier for hashing (The Art of Computer Programming, vol. 3, 6.4): neighbours land far apart."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that a reminder fires."""

    day: date
    """The local date, by which the occurrence is known whatever the clocks do."""
    at: datetime
    """The instant in UTC."""


@lru_cache(maxsize=65_536)
def next_occurrence(
    zone: str, local_time: time, weekdays: int, after: datetime, fired_on: date | None = None
) -> Occurrence:
    """Give the first time after the aware instant `after` on a local date later than `fired_on`.

    At one minute many reminders ask the same, hence the memory. Raises as `habits.domain.occurrences.fires`.
    """
    for day, instant in dated_fires(zone, local_time, weekdays, after):
        if fired_on is None or day > fired_on:
            return Occurrence(day, instant)
    raise AssertionError("the occurrences of a weekday mask have no end")


def alert_time(local_time: time, day_start: int) -> time:
    """Give the time of a streak alert: the wanted one, or the latest that leaves `LAST_HOURS` of the day.

    day_start: minutes after local midnight at which the person's day begins, and so the one before ends.
    """
    return latest_alert(day_start) if is_too_late(local_time, day_start) else local_time


def is_too_late(local_time: time, day_start: int) -> bool:
    """Tell whether a streak alert at this time leaves less than `LAST_HOURS` of the day."""
    since_start = (local_time.hour * 60 + local_time.minute - day_start) % _MINUTES
    return since_start > _MINUTES - LAST_HOURS // timedelta(minutes=1)


def latest_alert(day_start: int) -> time:
    """Give the latest local time for a streak alert."""
    minute = (day_start - LAST_HOURS // timedelta(minutes=1)) % _MINUTES
    return time(minute // 60, minute % 60)


def spread(user_id: int, most: timedelta) -> timedelta:
    """Give a delay from nothing to less than `most`, in whole seconds: for one person always the same.

    Everybody is reminded at the full hour, and providers ask senders to stay away from it.
    """
    seconds = most // timedelta(seconds=1)
    return timedelta(seconds=(user_id * _SCATTER % 2**32) * seconds >> 32)
