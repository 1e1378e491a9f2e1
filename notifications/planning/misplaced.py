"""Finds reminders that wait for another instant than their zone's rules give now, as after an update of those rules.

Nothing is kept about which rules an instant was computed with: it is computed again, once for all reminders that have
zone, time and date in common, and compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import NamedTuple

from focusjobs.sql import rows
from habits.domain.calendar import local_to_utc
from notifications.domain.due import alert_time
from notifications.models import Reminder

# Read a stretch of reminders that wait for a regular time, in groups that have it in common. Index: the primary key.
WAITING = """
    SELECT coalesce(nullif(r.timezone, ''), u.timezone) AS zone, r.kind, r.local_time, u.day_start, r.next_local_date,
           r.next_fire_at, array_agg(DISTINCT r.user_id)
    FROM notifications_reminder r JOIN habits_user u ON u.id = r.user_id
    WHERE r.id > %(after)s AND r.id <= %(until)s AND r.next_fire_at IS NOT NULL
      AND r.next_fire_at IS DISTINCT FROM r.snooze_until
    GROUP BY 1, 2, 3, 4, 5, 6
"""

AT_ONCE = 50_000
"""Numbers of reminders that one statement goes through."""


class Waiting(NamedTuple):
    """Reminders that wait for the same: the columns of `WAITING`."""

    zone: str
    kind: str
    local_time: time
    day_start: int
    day: date
    fire_at: datetime
    people: list[int]


def people_with_misplaced() -> Iterator[set[int]]:
    """Give the people whose reminders are to be computed anew, in parts."""
    last = Reminder.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    for after in range(0, last, AT_ONCE):
        waiting = [Waiting._make(columns) for columns in rows(WAITING, {"after": after, "until": after + AT_ONCE})]
        if people := {person for group in waiting if _is_misplaced(group) for person in group.people}:
            yield people


def _is_misplaced(group: Waiting) -> bool:
    is_alert = group.kind == Reminder.Kind.STREAK_ALERT
    local_time = alert_time(group.local_time, group.day_start) if is_alert else group.local_time
    return local_to_utc(group.zone, datetime.combine(group.day, local_time)) != group.fire_at
