"""Which weeks are stored when days of the past change."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from analytics.domain.periods import month_of, week_of
from analytics.models import UserMonth, UserWeek
from analytics.rollups.clocks import hold_clock
from analytics.rollups.periods import roll_up
from analytics.tasks import sum_up_months, sum_up_weeks
from habits import services
from habits.models import Habit, User
from tests.factories import UserFactory

from .people import MONDAY, after, at, close, make_habit, settle, tick

pytestmark = pytest.mark.django_db


def person() -> tuple[User, Habit]:
    with at(MONDAY):
        user = UserFactory()
        return user, make_habit(user)


def weeks(user: User) -> list[tuple[str, str, int, int]]:
    stored = UserWeek.objects.filter(user=user).order_by("first_day")
    return [(str(week.first_day), str(week.last_day), week.days, week.done) for week in stored]


def test_a_week_between_two_that_are_stored_is_summed_up_when_something_is_recorded_of_it() -> None:
    user, habit = person()
    with at(after(21)):
        tick(habit, *(after(n) for n in range(21)))
        settle(user)
        close()
        roll_up(UserWeek, [(user.pk, week_of(after(n), 0)) for n in (0, 14)])
        tick(habit, after(9), value=0)
        settle(user)

    assert weeks(user) == [
        ("2026-03-02", "2026-03-08", 7, 7),
        ("2026-03-09", "2026-03-15", 7, 6),
        ("2026-03-16", "2026-03-22", 7, 7),
    ]


def test_records_of_the_past_make_whole_weeks_in_whatever_order_they_come() -> None:
    user, habit = person()
    with at(after(1)):
        for day in (-3, -5):  # a Friday, then the Wednesday before
            tick(habit, after(day))
            settle(user)

    assert weeks(user) == [("2026-02-23", "2026-03-01", 5, 2)]


def test_a_week_that_goes_with_its_habit_is_gone_and_comes_back_with_it() -> None:
    user, habit = person()
    with at(after(30)):
        tick(habit, *(after(n) for n in range(3)))
        settle(user)
        close()
        roll_up(UserWeek, [(user.pk, week_of(MONDAY, 0))])
        roll_up(UserMonth, [(user.pk, month_of(MONDAY))])
        services.delete_habit(habit=habit)
        settle(user)
        assert (weeks(user), UserMonth.objects.count()) == ([], 0)
        services.restore_habit(user=user, client_id=habit.client_id)
        settle(user)

    assert weeks(user)[0] == ("2026-03-02", "2026-03-08", 7, 3)
    assert [first for first, *_ in weeks(user)] == [str(MONDAY + timedelta(weeks=n)) for n in range(4)]


def test_weeks_keep_the_bounds_that_they_had_when_the_first_weekday_changes() -> None:
    user, habit = person()
    with at(after(7)):
        tick(habit, MONDAY)
        settle(user)
        close()
        roll_up(UserWeek, [(user.pk, week_of(MONDAY, 0))])
        services.update_profile(user=user, week_start=6)
    with at(after(14)):
        close()
        tick(habit, after(-1), after(1))
        settle(user)

    assert weeks(user)[:2] == [("2026-03-01", "2026-03-01", 1, 1), ("2026-03-02", "2026-03-08", 7, 2)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("job", "name"), [(sum_up_weeks, "weeks"), (sum_up_months, "months")])
def test_nothing_is_summed_up_while_changes_of_the_person_are_being_followed(job: Any, name: str) -> None:
    user, _ = person()

    def sum_up() -> str:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '50ms'")
            job(**{name: [(user.pk, str(MONDAY), str(after(6)))]})
        except OperationalError as error:
            return str(error)
        finally:
            connection.close()
        return ""

    with transaction.atomic(), ThreadPoolExecutor(1) as elsewhere:
        hold_clock(user.pk)
        assert "lock timeout" in elsewhere.submit(sum_up).result(timeout=30)
    with ThreadPoolExecutor(1) as elsewhere:
        assert elsewhere.submit(sum_up).result(timeout=30) == ""
