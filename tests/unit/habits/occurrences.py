"""The next times at which a local time comes, for tests that look at a few of them."""

from __future__ import annotations

from datetime import datetime, time
from itertools import islice

from habits.domain.occurrences import dated_fires


def next_fires(zone: str, local_time: time, weekdays: int, after: datetime, count: int) -> list[datetime]:
    """The first instants of `dated_fires`."""
    return [instant for _, instant in islice(dated_fires(zone, local_time, weekdays, after), count)]


def next_fire(zone: str, local_time: time, weekdays: int, after: datetime) -> datetime:
    """The first of them."""
    return next_fires(zone, local_time, weekdays, after, 1)[0]
