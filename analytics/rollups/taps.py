"""When people tapped on what they did, as their phones told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from habits.models import Completion


class Tap(NamedTuple):
    """The latest tap on a cell of the calendar."""

    day: date
    habit: int
    instant: datetime
    zone: str
    """Empty where the phone did not tell."""
    is_done: bool
    """It told of something that was done, rather than of a note, a skip or a correction."""


class Taps(NamedTuple):
    """The first and the last tap of a habit's day."""

    first_at: datetime
    last_at: datetime


def taps_between(user_id: int, first: date, last: date, using: str = "default") -> list[Tap]:
    """Give a person's taps on the days from one to another, both included. Index: completion_cell_unique."""
    parts = Completion.objects.using(using).filter(user_id=user_id, day__range=(first, last)).order_by()
    rows = parts.values_list("day", "habit_id", "recorded_at", "recorded_zone", "value")
    return [
        Tap(day, habit, instant, zone, value is not None and value > 0)
        for day, habit, instant, zone, value in rows.filter(recorded_at__isnull=False)
        if instant is not None
    ]


def by_habit(taps: Iterable[Tap]) -> dict[date, dict[int, Taps]]:
    """Give the first and the last tap by day and habit."""
    found: dict[date, dict[int, Taps]] = {}
    for tap in taps:
        of_day = found.setdefault(tap.day, {})
        known = of_day.get(tap.habit, Taps(tap.instant, tap.instant))
        of_day[tap.habit] = Taps(min(known.first_at, tap.instant), max(known.last_at, tap.instant))
    return found


def by_hour(taps: Iterable[Tap]) -> dict[date, Counter[int]]:
    """Count by day in which local hours something was done."""
    found: dict[date, Counter[int]] = {}
    for tap in taps:
        if tap.is_done and tap.zone and (hour := hour_of(tap.instant, tap.zone)) is not None:
            found.setdefault(tap.day, Counter())[hour] += 1
    return found


def hour_of(instant: datetime, zone: str) -> int | None:
    """Give the local hour of a tap; None where its zone is not known."""
    try:
        return instant.astimezone(ZoneInfo(zone)).hour
    except (ZoneInfoNotFoundError, ValueError):  # a phone may know zones that are too new for this machine
        return None
