"""When a local wall time on chosen weekdays comes next. Pure: no Django, no clock, no I/O."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from habits.domain.calendar import ONE_DAY, local_to_utc
from habits.domain.records import EVERY_DAY

if TYPE_CHECKING:
    from collections.abc import Iterator


def dated_fires(zone: str, local_time: time, weekdays: int, after: datetime) -> Iterator[tuple[date, datetime]]:
    """Yield, without end, the instants in UTC after `after` at which a local time comes, each with its local date.

    It comes once on each local date whose weekday is in the mask (bit 0 is Monday): the first time where the clocks go
    back over it, as much later as they jump where they jump over it, and never twice at one instant (a date that a
    territory left out falls on the next). Where the clocks jump over the end of a day (Scoresbysund, 29 March 2025),
    the instant lies on the date after its own. Raises ValueError for a mask without a day or a naive `after`, and
    `zoneinfo.ZoneInfoNotFoundError` for an unknown zone.
    """
    if not 1 <= weekdays <= EVERY_DAY:
        raise ValueError(f"A weekday mask lies between 1 and {EVERY_DAY}, not {weekdays}.")
    if after.tzinfo is None:
        raise ValueError(f"An instant needs a time zone: {after.isoformat()}.")
    return _fires(zone, local_time.replace(tzinfo=None), weekdays, after)


def _fires(zone: str, local_time: time, weekdays: int, after: datetime) -> Iterator[tuple[date, datetime]]:
    day = after.astimezone(ZoneInfo(zone)).date() - ONE_DAY
    while True:
        if weekdays >> day.weekday() & 1:
            instant = local_to_utc(zone, datetime.combine(day, local_time))
            if instant > after:
                yield day, instant
                after = instant
        day += ONE_DAY
