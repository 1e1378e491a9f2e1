"""Closes people's days: claims those whose day is over, and takes their statistics a day further in one statement."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from django.db import transaction

from analytics.domain.periods import Period, month_of, week_after
from analytics.rollups.close_statements import CLAIM, CLOSE, ONLY, PLAN
from focusjobs.sql import array, bound_rows
from habits.domain.calendar import ONE_DAY, day_start_instant


class Claimed(NamedTuple):
    """A person whose open day is over: the columns of `CLAIM`, in their order."""

    user_id: int
    zone: str
    day_start: int
    week_start: int
    last_closed: date
    began_at: datetime
    ended_at: datetime
    neutral: bool
    week_first: date
    week_last: date
    focused: bool
    place: str

    @property
    def day(self) -> date:
        """The day that is to be closed."""
        return self.last_closed + ONE_DAY

    @property
    def is_neutral(self) -> bool:
        """The day was cut short or stretched by a change of the zone, or has no length at all."""
        return self.neutral or self.ended_at <= self.began_at

    @property
    def next_rollover_at(self) -> datetime:
        """When the day after ends."""
        return max(self.ended_at, day_end(self.zone, self.day_start, self.day + ONE_DAY))

    @property
    def next_week(self) -> Period:
        """The week that the day after is in."""
        if self.day < self.week_last:
            return Period(self.week_first, self.week_last)
        return week_after(self.day, self.week_start)


@dataclass(frozen=True, slots=True)
class Closed:
    """What closing a batch came to, and what has to follow."""

    users: int = 0
    seconds: float = 0.0
    unsure: list[int] = field(default_factory=list)
    """People of whom something has to be worked out looking back."""
    weeks: list[tuple[int, Period]] = field(default_factory=list)
    """People whose week is over."""
    months: list[tuple[int, Period]] = field(default_factory=list)
    oldest: datetime | None = None
    """When the day ended that waited longest."""


def close_batch(now: datetime, limit: int, users: Sequence[int] | None = None) -> Closed:
    """Close one day of up to `limit` people whose day is over at `now`, of these only where `users` are given.

    In the caller's transaction, which holds their clocks until it ends.
    """
    began = time.monotonic()
    claimed = claim(now, limit, users)
    if not claimed:
        return Closed()
    unsure = [user for (user,) in bound_rows(CLOSE, _columns(claimed))]
    return Closed(
        users=len(claimed),
        seconds=time.monotonic() - began,
        unsure=unsure,
        weeks=[(one.user_id, Period(one.week_first, one.day)) for one in claimed if one.day >= one.week_last],
        months=[(one.user_id, month_of(one.day)) for one in claimed if (one.day + ONE_DAY).day == 1],
        oldest=min(one.ended_at for one in claimed),
    )


def claim(now: datetime, limit: int, users: Sequence[int] | None = None) -> list[Claimed]:
    """Hold the clocks of people whose open day is over, in the order of their numbers."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("Claims are held by a transaction; open one first.")
    bound_rows(PLAN)
    statement = CLAIM.format(limit=int(limit), only="" if users is None else ONLY)
    values = [now] if users is None else [now, list(users)]
    return sorted(Claimed(*row) for row in bound_rows(statement, values))


@lru_cache(maxsize=4096)
def day_end(zone: str, day_start: int, day: date) -> datetime:
    """Give the instant at which a day ends; many people share zone, start of day and day."""
    return day_start_instant(zone, day_start, day + ONE_DAY)


def _columns(claimed: Sequence[Claimed]) -> dict[str, str]:
    weeks = [one.next_week for one in claimed]
    return {
        "users": array(one.user_id for one in claimed),
        "days": array(one.day.toordinal() for one in claimed),
        "began": array(one.began_at.timestamp() for one in claimed),
        "ended": array(one.ended_at.timestamp() for one in claimed),
        "neutral": array(one.is_neutral for one in claimed),
        "focused": array(one.focused for one in claimed),
        "next": array(one.next_rollover_at.timestamp() for one in claimed),
        "week_first": array(week.first.toordinal() for week in weeks),
        "week_last": array(week.last.toordinal() for week in weeks),
        "places": array(one.place for one in claimed),
    }
