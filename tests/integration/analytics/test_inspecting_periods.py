"""Nightly comparison of weeks and months."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from analytics.domain.periods import Period
from analytics.models import Drift, Inspection, UserDay, UserMonth, UserWeek
from analytics.rollups.inspecting import NIGHTS, inspect_night
from analytics.rollups.periods import roll_up
from analytics.rollups.rebuilding import inspect, rebuild
from analytics.services import record_focus
from focusjobs.jobs.models import Job
from habits import services
from habits.models import Habit, User
from tests.factories import UserFactory
from tests.keeping import kept

from .people import MONDAY, after, at, close, make_habit, settle, sum_up_what_is_over, tick

pytestmark = pytest.mark.django_db

MARCH = date(2026, 3, 1)

TABLES = (
    *("analytics_userclock", "analytics_dirtymark", "analytics_habitstate", "analytics_habitrest", "habits_habit"),
    *("analytics_userday", "habits_completion", "analytics_focussession", "analytics_userweek", "analytics_usermonth"),
)
"""What is read of a person; days twice, for those that are neutral, and records twice, for when people tapped."""


def live_until_the_sixth_monday() -> User:
    with at(MONDAY):
        user: User = UserFactory()
        habit = make_habit(user, category="Sport")
    with at(after(35)):
        tick(habit, *(after(n) for n in (0, 1, 2, 9, 16, 17, 30)))
        settle(user)
        close()
        sum_up_what_is_over()
    return user


@pytest.fixture(scope="module")
def number(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[int]:
    with kept(django_db_blocker, live_until_the_sixth_monday) as user:
        yield user.pk


@pytest.fixture
def user(number: int, db: None) -> Iterator[User]:
    """A person with a habit, of whom five weeks and March are summed up; it is the sixth Monday."""
    with at(after(35)):
        yield User.objects.get(pk=number)


def inspect_everybody() -> Inspection:
    """Let so many nights pass that everybody has been compared, and give the one in which that person was."""
    for n in range(NIGHTS):
        list(inspect_night(after(35) + timedelta(days=n)))
    return Inspection.objects.get(users=1)


def drifts() -> list[tuple[Any, ...]]:
    return list(Drift.objects.order_by("id").values_list("habit", "day", "what", "stored", "expected"))


def test_weeks_and_months_that_are_right_show_no_drift(user: User) -> None:
    assert (UserWeek.objects.count(), UserMonth.objects.count()) == (5, 1)

    assert inspect_everybody().drifts == 0
    assert drifts() == []


def test_a_week_that_was_falsified_is_noted_and_mended(user: User) -> None:
    UserWeek.objects.filter(first_day=after(7)).update(done=6, best_hour=3, categories={"Sport": [7, 6, 0]})

    assert inspect_everybody().drifts == 3
    assert drifts() == [
        (None, after(7), "week: done", "6", "1"),
        (None, after(7), "week: best_hour", "3", "None"),
        (None, after(7), "week: categories", "{'Sport': [7, 6, 0]}", "{'Sport': [7, 1, 0]}"),
    ]
    week = UserWeek.objects.get(first_day=after(7))
    assert (week.done, week.best_hour, week.categories) == (1, None, {"Sport": [7, 1, 0]})
    assert inspect(user.pk, "default").differences == []


def test_a_month_that_was_falsified_is_noted_and_mended(user: User) -> None:
    UserMonth.objects.update(perfect_days=31, last_day=MARCH)

    assert inspect_everybody().drifts == 2
    assert drifts() == [
        (None, MARCH, "month: last_day", "2026-03-01", "2026-03-31"),
        (None, MARCH, "month: perfect_days", "31", "6"),
    ]
    month = UserMonth.objects.get()
    assert (month.last_day, month.perfect_days) == (date(2026, 3, 31), 6)


def test_weeks_and_months_that_are_missing_or_too_many_are_noted_and_mended(user: User) -> None:
    UserWeek.objects.filter(first_day=after(14)).delete()
    UserMonth.objects.all().delete()
    roll_up(UserWeek, [(user.pk, Period(after(28), after(34)))])
    UserWeek.objects.filter(first_day=after(28)).update(first_day=after(-14), last_day=after(-8))

    inspect_everybody()

    assert drifts() == [
        (None, after(14), "week", "none", "stored"),
        (None, after(28), "week", "none", "stored"),
        (None, after(-14), "week", "stored", "none"),
        (None, MARCH, "month", "none", "stored"),
    ]
    stored = UserWeek.objects.order_by("first_day").values_list("first_day", flat=True)
    assert list(stored) == [after(7 * n) for n in range(5)]
    assert UserMonth.objects.get().done == 6


def test_a_week_of_a_day_that_was_falsified_is_not_blamed(user: User) -> None:
    UserDay.objects.filter(day=after(8)).update(done=1, missed=0, outcomes=[3])

    inspect_everybody()

    assert [what for _, _, what, _, _ in drifts()] == ["day"]


def test_a_rebuild_says_which_week_differed(user: User) -> None:
    UserWeek.objects.filter(first_day=MONDAY).update(strength=0.5)

    found = rebuild(user.pk)

    assert found is not None
    assert [(one.day, one.what, one.stored) for one in found.differences] == [(MONDAY, "week: strength", 0.5)]
    assert inspect(user.pk, "default").differences == []


def test_a_week_that_waits_for_its_job_is_no_drift(user: User) -> None:
    with at(after(42)):
        close()
        assert not UserWeek.objects.filter(first_day=after(35)).exists()
        assert inspect_everybody().drifts == 0
        Job.objects.filter(task="analytics.sum_up_weeks").update(state="cancelled", finished_at="2026-04-13T00:00Z")
        assert [one.what for one in inspect(user.pk, "default").differences] == ["week"]  # it comes no more


def test_a_week_with_other_bounds_than_its_job_will_give_it_is_no_drift(user: User) -> None:
    services.update_profile(user=user, week_start=3)  # the week that has begun ends on the next Wednesday
    with at(after(44)):
        close()
        tick(Habit.objects.get(), after(36))
        settle(user)
        UserWeek.objects.filter(first_day__gte=after(35)).update(done=5)
        assert inspect(user.pk, "default").differences == []
        sum_up_what_is_over()
        assert inspect(user.pk, "default").differences == []
        UserWeek.objects.filter(first_day__gte=after(35)).update(done=5)
        assert [one.what for one in inspect(user.pk, "default").differences] == ["week: done"]


def test_weeks_from_before_the_first_habit_are_compared_with_the_days_that_are_stored() -> None:
    with at(MONDAY):
        user = UserFactory()
    weeks = UserWeek.objects.filter(user=user).order_by("first_day")
    with at(after(1)):
        record_focus(user=user, client_id="f", started_at=timezone.now() - timedelta(hours=1), seconds=600)
        settle(user)
    with at(after(9)):
        close()
        make_habit(user)
    with at(after(15)):
        close()
        sum_up_what_is_over()
        assert [week.focus_seconds for week in weeks] == [600, 0]
        assert inspect(user.pk, "default").differences == []
        weeks.filter(first_day=MONDAY).update(focus_seconds=7)
        rebuild(user.pk)

    assert weeks.get(first_day=MONDAY).focus_seconds == 600


def test_weeks_and_months_are_compared_by_two_statements_more_and_the_rest_by_one_each(user: User) -> None:
    with CaptureQueriesContext(connection) as statements:
        inspect(user.pk, "default")

    read = [name for query in statements for name in TABLES if f'FROM "{name}"' in query["sql"]]
    assert sorted(read) == sorted((*TABLES, "analytics_userday", "habits_completion"))
