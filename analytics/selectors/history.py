"""Reads of closed days: on the replica where there is one, since a moment's delay does them no harm."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from django.conf import settings
from django.db.models import Exists, F, OuterRef

from analytics.domain.outcomes import HabitDay, Outcome, figures
from analytics.models import HabitRest, StreakEvent, UserDay
from habits.models import Habit, User

REPLICA = "replica"


def history_alias() -> str:
    """Name the database from which history is read: the replica, or the primary where there is none."""
    return REPLICA if REPLICA in settings.DATABASES else "default"


def days_between(first: date, last: date) -> list[date]:
    """Give every day from one to another, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def stored_days(user_id: int, days: Iterable[date], using: str = "default") -> dict[date, UserDay]:
    """Give a person's days as they are stored. Probes of the primary key, in which the day comes first."""
    return {row.day: row for row in UserDay.objects.using(using).filter(user_id=user_id, day__in=list(days))}


def neutral_days(user_id: int, using: str = "default") -> frozenset[date]:
    """Give a person's closed days that are neutral. Index: user_day_neutral."""
    days = UserDay.objects.using(using).filter(user_id=user_id, neutral=True).values_list("day", flat=True)
    return frozenset(days)


def closed_days(user: User, first: date, last: date) -> list[UserDay]:
    """Give a person's closed days from one to another, both included, oldest first; days without a row are left out."""
    found = stored_days(user.pk, days_between(first, last), history_alias())
    return [found[day] for day in sorted(found)]


def streak_events(user: User, since: date, until: date | None = None) -> list[StreakEvent]:
    """Give which of a person's streaks broke or reached a milestone from one closed day to another, oldest first.

    Both days are included; without `until` all since. What became of a streak while its habit was archived is told to
    nobody. Index: streak_event_of_user.
    """
    rests = HabitRest.objects.filter(
        habit=OuterRef("habit"), first_day__lte=OuterRef("day"), last_day__gte=OuterRef("day")
    )
    events = StreakEvent.objects.using(history_alias()).filter(~Exists(rests), user=user, day__gte=since)
    events = events.exclude(habit__state__archived_on__lte=F("day"))
    if until is not None:
        events = events.filter(day__lte=until)
    return list(events.order_by("day", "habit", "kind"))


def heatmap_of(habit: Habit, last: date, number: int) -> list[HabitDay]:
    """Give what became of a habit on each of so many days up to one, oldest first; without days that do not count."""
    days = closed_days(habit.user, last - timedelta(days=number - 1), last)
    return [HabitDay(row.day, *row.by_habit[habit.pk], 0) for row in days if habit.pk in row.by_habit]


def rates_of(days: Sequence[HabitDay], last: date, spans: Sequence[int] = (7, 30, 90)) -> dict[int, float | None]:
    """Give, for each number of days up to one, the share of what was due and not skipped that was done."""
    return {
        span: figures((day.outcome, day.strength) for day in days if (last - day.day).days < span).rate
        for span in spans
    }


def weekday_counts(days: Sequence[HabitDay]) -> list[int]:
    """Count the days on which a habit was done by weekday, Monday first."""
    counts = [0] * 7
    for day in days:
        counts[day.day.weekday()] += Outcome.DONE in day.outcome
    return counts
