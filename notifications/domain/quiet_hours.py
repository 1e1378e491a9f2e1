"""The local hours in which a person is not to be disturbed. Pure: no Django, no clock, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from habits.domain.calendar import ONE_DAY, local_to_utc


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one local time (inclusive) to another (exclusive), over midnight if the second is not the later one."""

    begin: time
    end: time

    def end_after(self, zone: str, instant: datetime) -> datetime:
        """Give the instant itself if it may disturb, else the one at which the quiet hours that it lies in end.

        Where the clocks jump over that end, they end as much later (`habits.domain.calendar.local_to_utc`).
        """
        local = instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
        if not self._includes(local.time()):
            return instant
        day = local.date() + (ONE_DAY if local.time() >= self.end else timedelta(0))
        return max(instant, local_to_utc(zone, datetime.combine(day, self.end)))

    def _includes(self, at: time) -> bool:
        if self.begin < self.end:
            return self.begin <= at < self.end
        return self.begin != self.end and (at >= self.begin or at < self.end)
