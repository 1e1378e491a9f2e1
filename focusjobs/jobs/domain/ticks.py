"""The ticks of a schedule: what comes next, and what was missed.

Pure: no Django, no clock, no I/O but for the time zone database.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from .cron import Cron, InvalidSchedule, zone_of

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SHORTEST = timedelta(seconds=1)
"""The shortest interval; the housekeeper looks twice a second."""

UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


class Rhythm(Protocol):
    """What has ticks: a cron line, or an interval."""

    def next_after(self, moment: datetime) -> datetime:
        """Give the first tick after `moment`, in UTC."""

    def words(self) -> str:
        """Say it in plain English."""


@dataclass(frozen=True)
class Every:
    """An interval whose ticks lie on a grid through `anchor`, so that lateness of one moves none of the others.

    With the usual anchor an hour's ticks are the full hours, a day's are midnights, in UTC. Raises `InvalidSchedule`.
    """

    interval: timedelta
    anchor: datetime = EPOCH

    def __post_init__(self) -> None:
        """Refuse intervals that are too short."""
        if self.interval < SHORTEST:
            raise InvalidSchedule(f"An interval is at least one second, not {self.interval}.")

    def next_after(self, moment: datetime) -> datetime:
        """Give the first point of the grid after `moment`, in UTC."""
        passed = (moment - self.anchor) // self.interval
        return (self.anchor + (passed + 1) * self.interval).astimezone(UTC)

    def words(self) -> str:
        """Say the interval in plain English, as in “Every 1 hour 30 minutes”."""
        rest, parts = self.interval.total_seconds(), []
        for unit, seconds in UNITS:
            count = rest if unit == "second" else rest // seconds
            rest -= count * seconds
            if count:
                parts.append(f"{count:g} {unit}{'' if count == 1 else 's'}")
        return f"Every {' '.join(parts)}"


def rhythm_of(cron: str, every: timedelta | None, timezone: str, anchor: datetime | None = None) -> Rhythm:
    """Give the ticks of a cron line in a zone, or of an interval whose grid goes through `anchor`.

    Raises `InvalidSchedule`, also where both or neither is given.
    """
    if bool(cron) == (every is not None):
        raise InvalidSchedule("A schedule has either a cron line or an interval.")
    zone = zone_of(timezone)
    return Every(every, anchor or EPOCH) if every is not None else Cron(cron, zone)


def next_ticks(rhythm: Rhythm, moment: datetime, count: int) -> list[datetime]:
    """Give the first `count` ticks after `moment`."""
    ticks = []
    for _ in range(count):
        moment = rhythm.next_after(moment)
        ticks.append(moment)
    return ticks


def ticks_between(rhythm: Rhythm, after: datetime, until: datetime, cap: int) -> list[datetime]:
    """Give the ticks in (after, until], at most the newest `cap` of them, oldest first.

    Looks back from `until` over spans that double, since after a long absence most ticks are beyond the cap.
    """
    span = timedelta(minutes=1)
    while True:
        start = max(after, until - span)
        newest = _newest(rhythm, start, until, cap)
        if len(newest) == cap or start == after:
            return newest
        span *= 2


def _newest(rhythm: Rhythm, start: datetime, until: datetime, cap: int) -> list[datetime]:
    newest: deque[datetime] = deque(maxlen=cap)
    tick = rhythm.next_after(start)
    while tick <= until:
        newest.append(tick)
        tick = rhythm.next_after(tick)
    return list(newest)
