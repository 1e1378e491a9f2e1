"""Plans the report of a week, once its numbers are there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from habits.domain.calendar import day_start_instant, logical_date
from habits.models import EVERY_DAY, User
from notifications.domain.due import REPORT_TIME, next_occurrence, spread
from notifications.domain.kinds import MANNERS, Kind
from notifications.models import Notification, Reminder

FACTS = ("done", "due", "rate", "change")
"""What the words of a report need; anything else is not kept."""

OLDEST = timedelta(days=3)
"""How long after its end a week is still reported; numbers that come later, as after a repair, are told to nobody."""


@transaction.atomic
def plan_weekly_report(user_id: int, week: date, facts: Mapping[str, Any], now: datetime) -> datetime | None:
    """Plan the report of the week that began on a day; give when it is told, or None if it is not to be.

    It comes at the person's time of reports, at the earliest on the day after the week. Planned once for each week.
    """
    user = User.objects.filter(pk=user_id).first()
    reminder = Reminder.objects.filter(user=user_id, kind=Reminder.Kind.WEEKLY_REPORT).order_by("pk").first()
    if user is None or (reminder is not None and not reminder.enabled):
        return None
    end = day_start_instant(user.timezone, user.day_start, week + timedelta(days=7))
    if now > end + OLDEST:
        return None
    local_time = reminder.local_time if reminder else REPORT_TIME
    fire_at = next_occurrence(user.timezone, local_time, EVERY_DAY, max(now, end)).at
    due_at = fire_at + spread(user_id, timedelta(minutes=5))
    Notification.objects.bulk_create(
        [
            Notification(
                user=user,
                kind=Notification.Kind.WEEKLY_REPORT,
                occurrence_key=f"week:{week.isoformat()}",
                reminder_id=reminder.pk if reminder else None,
                day=logical_date(user.timezone, user.day_start, fire_at),
                fire_at=fire_at,
                due_at=due_at,
                not_after=fire_at + MANNERS[Kind.WEEKLY_REPORT].grace,
                facts={name: facts.get(name) for name in FACTS},
            )
        ],
        ignore_conflicts=True,
    )
    return due_at
