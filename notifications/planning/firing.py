"""Takes the reminders that are due, plans a notification for each, and moves them on to their next time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction

from habits.domain.calendar import day_start_instant, logical_date
from notifications.domain.due import Occurrence, alert_time, next_occurrence, spread
from notifications.domain.identity import occurrence_key, snoozed_key
from notifications.domain.kinds import MANNERS, Kind

from .statements import DUE_REMINDERS, FIRE, FIRED_AT_ONCE

ONE_DAY = timedelta(days=1)
AN_INSTANT = timedelta(microseconds=1)


class Due(NamedTuple):
    """A reminder that is due: the columns of `DUE_REMINDERS`."""

    id: int
    user_id: int
    kind: str
    habit_id: int | None
    local_time: time
    weekdays: int
    next_fire_at: datetime
    next_local_date: date
    fired_on: date | None
    snooze_until: datetime | None
    zone: str
    persons_zone: str
    day_start: int


class Row(NamedTuple):
    """What becomes of a reminder and what is planned for it: the parameters of `FIRE`."""

    id: int
    next_fire_at: datetime
    next_day: date
    fired_on: date | None
    snooze_until: datetime | None
    user_id: int
    kind: str
    key: str
    habit_id: int | None
    day: date
    fire_at: datetime
    due_at: datetime
    not_after: datetime
    is_late: bool


@dataclass(frozen=True, slots=True)
class Fired:
    """What one batch came to."""

    taken: int
    is_last: bool
    """Nothing more was due that nobody else has taken."""
    moments: frozenset[datetime]
    """When something is to be told, as `due_at`."""


@transaction.atomic
def fire_due(now: datetime) -> Fired:
    """Take one batch of the reminders that are due; each fires once on a local date, whoever takes it."""
    with connection.cursor() as cursor:
        cursor.execute(DUE_REMINDERS, [now])
        rows = [_fire(Due._make(columns), now, settings.PUSH_SPREAD) for columns in cursor.fetchall()]
        if rows:
            cursor.execute(FIRE, {**_columns(rows), "now": now})
    moments = frozenset(row.due_at for row in rows if not row.is_late)
    return Fired(len(rows), len(rows) < FIRED_AT_ONCE, moments)


def _columns(rows: list[Row]) -> dict[str, list[Any]]:
    return dict(zip(Row._fields, map(list, zip(*rows, strict=True)), strict=True))


def _fire(due: Due, now: datetime, most: timedelta) -> Row:
    fire_at = due.next_fire_at
    coming, is_snoozed = _coming(due, now)
    if is_snoozed:
        fired_on, key = due.fired_on, snoozed_key(due.id, due.fired_on or due.next_local_date, fire_at)
    else:
        fired_on, key = due.next_local_date, occurrence_key(due.id, due.next_local_date)
    snooze = due.snooze_until if due.snooze_until is not None and due.snooze_until > fire_at else None
    day, day_end = _day(due.persons_zone, due.day_start, fire_at)
    not_after = min(fire_at + MANNERS[Kind(due.kind)].grace, day_end)
    due_at = fire_at + spread(due.user_id, most)
    return Row(
        id=due.id,
        next_fire_at=min(coming.at, snooze) if snooze else coming.at,
        next_day=coming.day,
        fired_on=fired_on,
        snooze_until=snooze,
        user_id=due.user_id,
        kind=due.kind,
        key=key,
        habit_id=due.habit_id,
        day=day,
        fire_at=fire_at,
        due_at=due_at if due_at < not_after else fire_at,
        not_after=not_after,
        is_late=now >= not_after,
    )


def _coming(due: Due, now: datetime) -> tuple[Occurrence, bool]:
    """Give the next regular time, and whether the present one is a snooze's that has come to its end."""
    local_time = due.local_time
    if due.kind == Kind.STREAK_ALERT:
        local_time = alert_time(local_time, due.day_start)
    if due.snooze_until == due.next_fire_at:
        regular = next_occurrence(due.zone, local_time, due.weekdays, due.next_fire_at - AN_INSTANT, due.fired_on)
        if regular.at != due.next_fire_at:
            return regular, True
    coming = next_occurrence(due.zone, local_time, due.weekdays, due.next_fire_at, due.next_local_date)
    if coming.at <= now:  # after an outage
        coming = next_occurrence(due.zone, local_time, due.weekdays, now, due.next_local_date)
    return coming, False


@lru_cache(maxsize=16_384)
def _day(zone: str, day_start: int, instant: datetime) -> tuple[date, datetime]:
    """Give the person's day at an instant, and its end."""
    day = logical_date(zone, day_start, instant)
    return day, day_start_instant(zone, day_start, day + ONE_DAY)
