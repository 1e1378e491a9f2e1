"""Starts people's clocks, and sets them anew when a person changes zone, start of day or first weekday."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from analytics.domain.periods import week_of
from analytics.models import DirtyMark, UserClock
from analytics.rollups.closing import Closed, close_batch, day_end
from habits.domain.calendar import ONE_DAY, day_start_instant, logical_date
from habits.models import Habit, User

WIND_BATCH = 500

# Index: the primary keys of both.
UNWOUND = """
    SELECT u.* FROM habits_user u
    WHERE NOT EXISTS (SELECT FROM analytics_userclock c WHERE c.user_id = u.id)
    ORDER BY u.id LIMIT %s
"""


def new_clock(user: User, now: datetime) -> UserClock:
    """Give the clock of a person whose first open day is the one that it is now; it is not saved."""
    today = logical_date(user.timezone, user.day_start, now)
    week = week_of(today, user.week_start)
    return UserClock(
        user=user,
        zone=user.timezone,
        day_start=user.day_start,
        week_start=user.week_start,
        last_closed=today - ONE_DAY,
        began_at=day_start_instant(user.timezone, user.day_start, today),
        next_rollover_at=day_end(user.timezone, user.day_start, today),
        week_first=week.first,
        week_last=week.last,
    )


def start_clocks(users: list[User]) -> None:
    """Start the clocks of people who have none."""
    now = timezone.now()
    UserClock.objects.bulk_create([new_clock(user, now) for user in users], ignore_conflicts=True)


@transaction.atomic
def wind_clocks() -> list[int]:
    """Start the clocks of people who were made past Django's signals, and mark all their habits.

    Answers who they are, at most `WIND_BATCH`; for those with habits a job has to follow.
    """
    users = list(User.objects.raw(UNWOUND, [WIND_BATCH]))
    start_clocks(users)
    habits = Habit.objects.filter(user__in=users, deleted=False)
    marks = [DirtyMark(user_id=habit.user_id, habit_id=habit.pk) for habit in habits.only("user_id")]
    DirtyMark.objects.bulk_create(marks)
    return [user.pk for user in users]


def hold_clock(user_id: int) -> UserClock | None:
    """Give a person's clock, held until the end of the transaction and started where there is none.

    None where the person is gone.
    """
    clock = UserClock.objects.select_for_update(no_key=True).filter(pk=user_id).first()
    if clock is None and (user := User.objects.filter(pk=user_id).first()):
        start_clocks([user])
        clock = UserClock.objects.select_for_update(no_key=True).filter(pk=user_id).first()
    return clock


def hold_clocks(users: Collection[int]) -> None:
    """Hold the clocks of people until the end of the transaction, in the order of their numbers."""
    clocks = UserClock.objects.select_for_update(no_key=True).filter(pk__in=users).order_by("pk")
    list(clocks.values_list("pk", flat=True))


@transaction.atomic
def follow_profile(user: User) -> list[Closed]:
    """Let a person's open day end by their present zone and start of day.

    The day on which they change is neither shorter nor longer than it has to be: it ends where the next one begins in
    the new zone, or now if that is over. It is neutral where this moves its end. Days that are over already are closed
    by the old zone first, which is answered. Another first weekday holds from the next week.
    """
    now, closed = timezone.now(), []
    clock = hold_clock(user.pk)
    while clock is not None and clock.next_rollover_at <= now:
        closed.append(close_batch(now, 1, [user.pk]))
        clock = hold_clock(user.pk)
    if clock is None:
        return closed
    if (clock.zone, clock.day_start) != (user.timezone, user.day_start):
        ends_at = max(now, day_end(user.timezone, user.day_start, clock.last_closed + ONE_DAY))
        clock.neutral |= ends_at != clock.next_rollover_at
        clock.zone, clock.day_start, clock.next_rollover_at = user.timezone, user.day_start, ends_at
    clock.week_start = user.week_start
    clock.save()
    return closed
