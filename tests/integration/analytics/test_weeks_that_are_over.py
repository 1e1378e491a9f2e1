"""Weeks that are over follow changes that leave all of their own days as they were."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from analytics.domain.periods import Period, week_of
from analytics.models import UserWeek
from analytics.rollups.periods import roll_up
from analytics.rollups.rebuilding import rebuild
from analytics.tasks import sum_up_weeks
from habits import services
from habits.models import Completion, Habit, User
from tests.factories import UserFactory, unsynced

from .people import MONDAY, after, at, close, make_habit, settle, tick

pytestmark = pytest.mark.django_db


def summed_up(user: User, weeks: int) -> None:
    """Follow changes, close the days that are over, and sum up the first weeks."""
    settle(user)
    close()
    roll_up(UserWeek, [(user.pk, week_of(after(7 * n), 0)) for n in range(weeks)])


def tap(habit: Habit, hour: int, *days: int, value: int = 1000, zone: str = "UTC") -> None:
    """Record days as a phone does, which tells when its button was pressed, and in which zone if it knows it."""
    tick(habit, *map(after, days), value=value)
    for day in map(after, days):
        with unsynced():
            instant = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
            Completion.objects.filter(habit=habit, day=day).update(recorded_at=instant, recorded_zone=zone)


def best_hours(user: User) -> list[int | None]:
    return list(UserWeek.objects.filter(user=user).order_by("first_day").values_list("best_hour", flat=True))


def test_a_late_edit_changes_the_best_hour_of_the_weeks_after_it() -> None:
    with at(MONDAY):
        user = UserFactory()
        habit = make_habit(user, kind="measured", target_value=1.0)
    with at(after(14)):
        tap(habit, 8, 0, 1, 2)
        tap(habit, 20, 7, 8)
        summed_up(user, weeks=2)
        assert best_hours(user) == [8, 8]
        tap(habit, 15, 0, 1, value=2000)  # more than enough, as before: no strength changes
        settle(user)

    assert best_hours(user) == [15, 15]


def test_a_tap_whose_zone_is_not_known_counts_for_no_hour_wherever_its_person_moves() -> None:
    with at(MONDAY):
        user = UserFactory(timezone="Europe/Berlin")
        habit = make_habit(user)
    with at(after(7)):
        tap(habit, 8, 0, 1, 2, zone="")
        tap(habit, 20, 3, zone="Europe/Berlin")
        summed_up(user, weeks=1)
        assert best_hours(user) == [21]
        services.update_profile(user=user, timezone="Asia/Tokyo")
        rebuild(user.pk)
        assert best_hours(user) == [21]
        tap(habit, 20, 3, zone="")
        summed_up(user, weeks=1)

    assert best_hours(user) == [None]


def test_another_category_holds_for_the_weeks_that_are_over() -> None:
    with at(MONDAY):
        user = UserFactory()
        habit = make_habit(user, category="Body")
    with at(after(7)):
        tick(habit, MONDAY)
        summed_up(user, weeks=1)
        services.update_habit(habit=habit, category="Sport")
        settle(user)

    assert UserWeek.objects.get().categories == {"Sport": [7, 1, 0]}


def test_a_tick_of_today_lengthens_the_streak_that_was_alive_when_last_week_ended() -> None:
    with at(MONDAY):
        user = UserFactory()
        habit = make_habit(user, freq_num=1, freq_den=7)
    with at(after(9)):
        tick(habit, after(3))  # keeps seven days from here on
        summed_up(user, weeks=1)
        assert UserWeek.objects.get().best_streak == 4
        tick(habit, after(9))  # moves what the other keeps back by a day
        settle(user)

    assert UserWeek.objects.get().best_streak == 5


def test_a_week_keeps_its_bounds_although_a_change_is_followed_before_it_is_summed_up() -> None:
    with at(MONDAY):
        user = UserFactory()
        habit = make_habit(user)
        services.update_profile(user=user, week_start=2)  # from the next week on
    with at(after(8)):
        close()
        tick(habit, after(3))
        settle(user)
        sum_up_weeks(weeks=[(user.pk, str(MONDAY), str(after(6)))])

    weeks = UserWeek.objects.filter(user=user).values_list("first_day", "last_day", "days")
    assert list(weeks) == [(MONDAY, after(6), 7)]


def test_days_before_a_week_stay_in_one_although_a_change_was_followed_before_it_was_summed_up() -> None:
    with at(MONDAY):
        user = UserFactory(week_start=3)
        habit = make_habit(user)
        tick(habit, after(-5))  # before the account, in a week from Thursday to Wednesday
        settle(user)
    with at(after(4)):
        services.update_profile(user=user, week_start=0)
    with at(after(11)):
        close()
        UserWeek.objects.all().delete()
        tick(habit, after(1))
        settle(user)
        sum_up_weeks(weeks=[(user.pk, str(after(3)), str(after(9)))])

    stored = list(UserWeek.objects.filter(user=user).order_by("first_day").values_list("first_day", "last_day"))
    assert stored == [(MONDAY, after(2)), (after(3), after(9))]


def test_days_after_a_week_stay_in_one_although_nothing_else_sums_them_up() -> None:
    with at(MONDAY):
        user = UserFactory()
        make_habit(user)
    with at(after(11)):
        close()
        roll_up(UserWeek, [(user.pk, Period(after(3), after(9)))])  # as a change cut them, by another first weekday
        sum_up_weeks(weeks=[(user.pk, str(MONDAY), str(after(6)))])

    stored = list(UserWeek.objects.filter(user=user).order_by("first_day").values_list("first_day", "last_day", "days"))
    assert stored == [(MONDAY, after(6), 7), (after(7), after(9), 3)]


def test_a_week_that_is_stored_too_long_leaves_the_days_after_its_end_to_another() -> None:
    with at(MONDAY):
        user = UserFactory()
        make_habit(user)
    with at(after(11)):
        close()
        roll_up(UserWeek, [(user.pk, week_of(MONDAY, 0))])
        sum_up_weeks(weeks=[(user.pk, str(MONDAY), str(after(3)))])  # shortened by another first weekday

    stored = list(UserWeek.objects.filter(user=user).order_by("first_day").values_list("first_day", "last_day"))
    assert stored == [(MONDAY, after(3)), (after(4), after(6))]
