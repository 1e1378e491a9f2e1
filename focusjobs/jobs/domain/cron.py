"""Cron lines in a time zone: which instants they name, and how they read in plain words.

`cronsim` matches a line against wall-clock readings; what a change of the clocks does to them is decided here, by the
project's own rule (a reading that does not exist moves forward by the gap, a repeated one means the earlier instant):

* A line that names its minutes and hours (`30 2 * * *`) means times of day. Each comes once a day: in a gap it is
  moved forward by the gap (02:30 runs at 03:30), in an overlap it is the earlier of the two instants.
* A line whose minute or hour begins with a star (`*/15 * * * *`) means a rhythm. It follows the clock through both
  passes of a repeated hour, and has no ticks in readings that do not exist.

The distinction is that of Debian's cron (its manual page, cron(8)), which however runs what fell into a gap at its end.
Pure: no Django, no clock, no I/O but for the time zone database.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
SOME_READING = datetime(2000, 1, 1)  # noqa: DTZ001 - of a clock on some wall
EXAMPLE = "minute hour day month weekday, as in “0 3 * * *”"


class InvalidSchedule(ValueError):
    """A cron line, an interval or a time zone from which no next instant follows; the message says why."""


def zone_of(name: str) -> ZoneInfo:
    """Give an IANA time zone by its name. Raises `InvalidSchedule`."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError) as error:  # a directory of the database, as “Europe”, is an OSError
        raise InvalidSchedule(f"There is no time zone “{name}”; it has a name like Europe/Berlin.") from error


@dataclass(frozen=True)
class Cron:
    """A cron line of five fields, or of six with seconds first, in a time zone.

    Beside lists, ranges and steps a line may hold names (`MON`, `JAN`), `L` and `LW` as a day (the last, the last
    from Monday to Friday), `5L` and `MON#2` as a weekday (the month's last Friday, its second Monday). With both day
    and weekday given, either is enough, as in cron. Raises `InvalidSchedule`.
    """

    line: str
    zone: ZoneInfo

    def __post_init__(self) -> None:
        """Refuse a line that cannot be read, or that names no instant."""
        next(self._readings(SOME_READING))

    @property
    def means_times_of_day(self) -> bool:
        """Tell whether the line names its minutes and hours, so that each of its times comes once a day."""
        minute, hour = self.line.split()[-5:-3]
        return not (minute.startswith("*") or hour.startswith("*"))

    def words(self) -> str:
        """Say the line in plain English, with its zone."""
        return f"{CronSim(self.line, SOME_READING).explain()}, {self.zone.key}"

    def next_after(self, moment: datetime) -> datetime:
        """Give the first instant of the line after `moment`, in UTC. Raises `InvalidSchedule` where there is none."""
        start = moment.astimezone(UTC)
        return self._next_time_of_day(start) if self.means_times_of_day else self._next_of_rhythm(start)

    def _readings(self, wall: datetime) -> Iterator[datetime]:
        """Give the line's wall-clock readings after one, in order. Raises `InvalidSchedule`."""
        try:
            yield from CronSim(self.line, wall)
        except CronSimError as error:
            raise InvalidSchedule(f"“{self.line}”: {str(error).lower()}. A line reads {EXAMPLE}.") from error
        except (OverflowError, ValueError) as error:
            raise InvalidSchedule(f"“{self.line}” does not come before the end of the calendar.") from error
        raise InvalidSchedule(f"“{self.line}” does not come within fifty years.")

    def _next_time_of_day(self, start: datetime) -> datetime:
        # A day earlier the clocks may have stood lower: readings of a gap since then are still to come.
        wall = _naive(start + min(self._offset(start), self._offset(start - DAY)))
        best: datetime | None = None
        for reading in self._readings(wall):
            instant = reading.replace(tzinfo=self.zone).astimezone(UTC)
            if instant > start and (best is None or instant < best):
                best = instant
            # Readings of a gap land behind later ones that exist, so that the first found need not be the earliest.
            if best is not None and reading >= _naive(best + self._offset(best)):
                break
        assert best is not None  # noqa: S101 - _readings ends in an error only
        return best

    def _next_of_rhythm(self, start: datetime) -> datetime:
        wall = _naive(start + self._offset(start))
        while True:
            offset = self._offset(start)
            instant = next(self._readings(wall)).replace(tzinfo=UTC) - offset
            change = self._first_change(start, instant)
            if change is None:
                return instant
            start, wall = change, _naive(change + self._offset(change)) - SECOND

    def _first_change(self, start: datetime, end: datetime) -> datetime | None:
        """Give the first instant in (start, end], to the second, whose offset is not that of `start`."""
        offset, before = self._offset(start), start
        while before < end:
            after = min(before + DAY, end)
            if self._offset(after) != offset:
                return self._bisect(before, after)
            before = after
        return None

    def _bisect(self, before: datetime, after: datetime) -> datetime:
        offset, low, high = self._offset(before), int(before.timestamp()), int(after.timestamp())
        while high - low > 1:
            middle = (low + high) // 2
            same = self._offset(datetime.fromtimestamp(middle, UTC)) == offset
            low, high = (middle, high) if same else (low, middle)
        return datetime.fromtimestamp(high, UTC)

    def _offset(self, instant: datetime) -> timedelta:
        return instant.astimezone(self.zone).utcoffset() or timedelta(0)


def _naive(wall: datetime) -> datetime:
    return wall.replace(tzinfo=None)
