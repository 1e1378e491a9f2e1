"""Reads of focus sessions."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import QuerySet

from analytics.models import FocusSession
from focusjobs.rest.versions import version_of_text
from habits.domain.calendar import ONE_DAY, day_start_instant
from habits.domain.limits import FIRST_DAY
from habits.models import User

LAST_DAY = date(9990, 1, 1)
"""Later than any session; beyond the year 9999 there are no instants."""


def sessions_of(
    user: User, first: date | None = None, last: date | None = None, habit: str | None = None
) -> QuerySet[FocusSession]:
    """Give a person's sessions that began on the local days from one to another, both included.

    Days are those of the zone and start of day that the person has now. `habit` is the identifier that phones use.
    Index: focus_of_day.
    """
    sessions = FocusSession.objects.filter(user=user).select_related("habit")
    if first is not None:
        sessions = sessions.filter(started_at__gte=_start_of(user, first))
    if last is not None:
        sessions = sessions.filter(started_at__lt=_start_of(user, min(last, LAST_DAY) + ONE_DAY))
    return sessions.filter(habit__client_id=habit) if habit else sessions


def version_of(session: FocusSession) -> int:
    """Give a number below 2^56 that is another one where a person would see the session otherwise."""
    shown = [session.started_at.timestamp(), session.seconds, session.habit_id, session.label]
    return version_of_text(repr(shown))


def _start_of(user: User, day: date) -> datetime:
    """Give when a day begins, brought into the time in which there can be sessions."""
    return day_start_instant(user.timezone, user.day_start, max(FIRST_DAY - ONE_DAY, min(day, LAST_DAY)))
