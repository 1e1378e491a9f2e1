"""People whose days are closed in tests, and the comparison of what is stored with what all records come to."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from analytics.domain.standing import Standing, chronicle
from analytics.domain.terms import Terms
from analytics.models import DirtyMark, HabitState, UserClock, UserDay
from analytics.rollups.following import follow_changes
from analytics.selectors.history import neutral_days
from analytics.tasks import close_due_days, sum_up_months, sum_up_weeks
from focusjobs.jobs.models import Job
from habits import services
from habits.models import Habit, User
from habits.selectors import records_of, rule_of
from tests.factories import unsynced

MONDAY = date(2026, 3, 2)


def at(day: date, hour: int = 12, minute: int = 0) -> time_machine.travel:
    """Let it be this time of a day, in UTC."""
    return time_machine.travel(datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC), tick=False)


def after(days: int) -> date:
    return MONDAY + timedelta(days=days)


def make_habit(user: User, **fields: Any) -> Habit:
    """Make a habit as a person does, and work it out."""
    habit, _ = services.create_habit(user=user, **{"name": "Run", **fields})
    made_now(habit)
    settle(user)
    return habit


def made_now(habit: Habit) -> None:
    """Let a habit have been made at the time to which the test has travelled; the database's clock stays behind."""
    with unsynced():
        Habit.objects.filter(pk=habit.pk).update(created_at=timezone.now())


def tick(habit: Habit, *days: date, value: int = 1000) -> None:
    for day in days:
        services.record_completion(habit=habit, day=day, value=value)


def settle(*users: User) -> None:
    """Do what the jobs that follow changes would do."""
    for user in users:
        follow_changes(user.pk)


def close() -> int:
    """Close every day that is over, and answer how many there were."""
    return sum(batch.users for batch, _ in close_due_days())


def sum_up_what_is_over() -> None:
    """Do the jobs that sum up weeks and months, as a worker would, so that none waits any more."""
    for task in (sum_up_weeks, sum_up_months):
        jobs = Job.objects.filter(task=task.name).order_by("id")
        for arguments in jobs.values_list("arguments", flat=True):
            task(**arguments)
        jobs.delete()


def day_of(user: User, day: date) -> UserDay:
    return UserDay.objects.get(user=user, day=day)


def counts(user: User, day: date) -> tuple[int, int, int, int, int]:
    """Give due, done, skipped, missed and extra of a closed day."""
    row = day_of(user, day)
    return row.due, row.done, row.skipped, row.missed, row.extra


def assert_states_are_what_the_records_come_to(users: Iterable[User]) -> None:
    """Compare every state of these people with one that is worked out from all records."""
    for state in HabitState.objects.filter(user__in=list(users)).select_related("habit"):
        clock = UserClock.objects.get(pk=state.user_id)
        assert (state.archived_on, state.as_of) == (state.archived_on, clock.last_closed) or state.archived_on
        neutral = neutral_days(state.user_id)
        habit = state.habit
        traced = chronicle(rule_of(habit), records_of(habit), state.as_of, state.as_of, neutral)
        for name in Terms.__dataclass_fields__:
            assert getattr(state, name) == getattr(traced.terms, name), name
        for name in Standing.__dataclass_fields__:
            wanted = getattr(traced.standing, name)
            wanted = pytest.approx(wanted, abs=1e-9) if name == "strength" else wanted
            assert getattr(state, name) == wanted, (name, habit.name)


def unsettled() -> list[int]:
    return list(DirtyMark.objects.values_list("user_id", flat=True))
