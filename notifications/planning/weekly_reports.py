"""Plans the reports of weeks, once their numbers are there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from habits.domain.calendar import ONE_DAY, day_start_instant, logical_date
from habits.models import EVERY_DAY, User
from habits.signals import CountedWeek
from notifications.domain.due import REPORT_TIME, next_occurrence, spread
from notifications.domain.kinds import MANNERS, Kind
from notifications.models import Notification, Reminder

FACTS = ("done", "due", "rate", "change")
"""What the words of a report need; anything else is not kept."""

OLDEST = timedelta(days=3)
"""How long after its end a week is still reported; numbers that come later, as after a repair, are told to nobody."""


def plan_weekly_reports(weeks: Sequence[CountedWeek], now: datetime) -> list[datetime]:
    """Plan the reports of people's weeks, in the caller's transaction, and give when each is told.

    A report comes at the person's time of reports, at the earliest on the day after the week, and is planned once for
    each person and week. There is none for people who are gone or have turned it off, nor of weeks that ended before
    `OLDEST`.
    """
    users = User.objects.in_bulk([week.user_id for week in weeks])
    reminders = _reminders(users)
    planned = [
        _report(users[week.user_id], reminders.get(week.user_id), week, now)
        for week in sorted(weeks, key=lambda week: (week.user_id, week.first_day))  # two who repeat a job do not block
        if week.user_id in users and _is_wanted(users[week.user_id], reminders.get(week.user_id), week, now)
    ]
    Notification.objects.bulk_create(planned, ignore_conflicts=True)
    return [notification.due_at for notification in planned]


def _reminders(users: dict[int, User]) -> dict[int, Reminder]:
    """Give each person's reminder of the report, the first of several; who has changed nothing has none."""
    found = Reminder.objects.filter(user__in=users, kind=Reminder.Kind.WEEKLY_REPORT)
    return {reminder.user_id: reminder for reminder in found.order_by("-pk")}


def _is_wanted(user: User, reminder: Reminder | None, week: CountedWeek, now: datetime) -> bool:
    return (reminder is None or reminder.enabled) and now <= _end(user, week) + OLDEST


def _end(user: User, week: CountedWeek) -> datetime:
    return day_start_instant(user.timezone, user.day_start, week.last_day + ONE_DAY)


def _report(user: User, reminder: Reminder | None, week: CountedWeek, now: datetime) -> Notification:
    local_time = reminder.local_time if reminder else REPORT_TIME
    fire_at = next_occurrence(user.timezone, local_time, EVERY_DAY, max(now, _end(user, week))).at
    return Notification(
        user=user,
        kind=Notification.Kind.WEEKLY_REPORT,
        occurrence_key=f"week:{week.first_day}",
        reminder_id=reminder.pk if reminder else None,
        day=logical_date(user.timezone, user.day_start, fire_at),
        fire_at=fire_at,
        due_at=fire_at + spread(user.pk, timedelta(minutes=5)),
        not_after=fire_at + MANNERS[Kind.WEEKLY_REPORT].grace,
        facts={"week": str(week.first_day), **{name: week.facts.get(name) for name in FACTS}},
    )
