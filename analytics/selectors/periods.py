"""Reads of weeks and months."""

from __future__ import annotations

from datetime import date

from analytics.models import UserMonth, UserWeek
from habits.domain.calendar import ONE_DAY
from habits.models import User

from .history import history_alias


def weeks_between(user: User, first: date, last: date) -> list[UserWeek]:
    """Give a person's weeks that are over and have any of the days from one to another, oldest first."""
    weeks = UserWeek.objects.using(history_alias()).filter(user=user, first_day__lte=last, last_day__gte=first)
    return list(weeks.order_by("first_day"))


def months_between(user: User, first: date, last: date) -> list[UserMonth]:
    """Give a person's months that are over and have any of the days from one to another, oldest first."""
    months = UserMonth.objects.using(history_alias()).filter(user=user, first_day__lte=last, last_day__gte=first)
    return list(months.order_by("first_day"))


def week_of_person(user: User, day: date | None = None) -> UserWeek | None:
    """Give the week that has a day, or the latest that is over; None where there are no statistics of it."""
    weeks = UserWeek.objects.using(history_alias()).filter(user=user)
    if day is not None:
        weeks = weeks.filter(first_day__lte=day, last_day__gte=day)
    return weeks.order_by("-first_day").first()


def week_before(week: UserWeek) -> UserWeek | None:
    """Give the week that ended on the day before another one."""
    weeks = UserWeek.objects.using(history_alias()).filter(user_id=week.user_id)
    return weeks.filter(last_day=week.first_day - ONE_DAY).first()
