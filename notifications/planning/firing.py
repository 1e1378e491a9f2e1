"""Takes the reminders that are due, plans a notification for each, and moves them on to their next time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction

from focusjobs.sql import rows
from habits.domain.calendar import ONE_DAY, day_start_instant, logical_date
from notifications.domain.due import Occurrence, alert_time, next_occurrence
from notifications.domain.identity import occurrence_key, snoozed_key
from notifications.domain.kinds import MANNERS, Kind

from .statements import DUE_REMINDERS, FIRE, FIRED_AT_ONCE

ONE_SECOND = timedelta(seconds=1)
AN_INSTANT = timedelta(microseconds=1)


class Due(NamedTuple):
    """Reminders that are due and have the same next time: the columns of `DUE_REMINDERS`."""

    ids: str
    """Their numbers, with commas between."""
    size: int
    kind: str
    local_time: time
    weekdays: int
    next_fire_at: datetime
    next_local_date: date
    fired_on: date | None
    snooze_until: datetime | None
    zone: str
    persons_zone: str
    day_start: int


class Group(NamedTuple):
    """What becomes of such reminders and what is planned for each: parameters of `FIRE`."""

    next_fire_at: datetime
    next_day: date
    fired_on: date | None
    snooze_until: datetime | None
    key: str
    """The occurrence, with `%s` in place of the reminder's number."""
    day: date
    fire_at: datetime
    not_after: datetime


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
    due = [Due._make(columns) for columns in rows(DUE_REMINDERS, [now])]
    if not due:
        return Fired(0, True, frozenset())
    values = {**_parameters(due, now), "now": now, "spread": settings.PUSH_SPREAD // ONE_SECOND}
    moments = frozenset(moment for (moment,) in rows(FIRE, values))
    taken = sum(group.size for group in due)
    return Fired(taken, taken < FIRED_AT_ONCE, moments)


def _parameters(due: list[Due], now: datetime) -> dict[str, Any]:
    """Give the groups' columns, and which of them each reminder is in; those two as texts, for there are many."""
    groups = zip(*(_fire(group, now) for group in due), strict=True)
    numbers = (",".join([str(number)] * group.size) for number, group in enumerate(due, 1))
    return {
        **dict(zip(Group._fields, map(list, groups), strict=True)),
        "id": f"{{{','.join(group.ids for group in due)}}}",
        "number": f"{{{','.join(numbers)}}}",
    }


def _fire(due: Due, now: datetime) -> Group:
    fire_at = due.next_fire_at
    coming, is_snoozed = _coming(due, now)
    if is_snoozed:
        fired_on, key = due.fired_on, snoozed_key("%s", due.fired_on or due.next_local_date, fire_at)
    else:
        fired_on, key = due.next_local_date, occurrence_key("%s", due.next_local_date)
    snooze = due.snooze_until if due.snooze_until is not None and due.snooze_until > fire_at else None
    day, day_end = _day(due.persons_zone, due.day_start, fire_at)
    return Group(
        next_fire_at=min(coming.at, snooze) if snooze else coming.at,
        next_day=coming.day,
        fired_on=fired_on,
        snooze_until=snooze,
        key=key,
        day=day,
        fire_at=fire_at,
        not_after=min(fire_at + MANNERS[Kind(due.kind)].grace, day_end),
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
