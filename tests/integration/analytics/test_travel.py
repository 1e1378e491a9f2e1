"""Days of people who change their zone, start of day or first weekday."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from analytics.models import HabitState, UserClock, UserDay
from analytics.rollups.rebuilding import rebuild
from habits import services
from habits.models import Habit, User
from tests.factories import UserFactory

from .people import MONDAY, after, at, close, counts, day_of, make_habit, settle, tick

pytestmark = pytest.mark.django_db


def berliner() -> tuple[User, Habit]:
    with at(MONDAY):
        user = UserFactory(timezone="Europe/Berlin")
        habit = make_habit(user)
    return user, habit


def clock_of(user: User) -> UserClock:
    return UserClock.objects.get(user=user)


def move(user: User, zone: str) -> User:
    return services.update_profile(user=user, timezone=zone)


def test_a_journey_to_the_west_makes_the_open_day_longer_and_neutral() -> None:
    user, _ = berliner()
    with at(MONDAY):
        move(user, "America/New_York")

    assert clock_of(user).next_rollover_at == datetime(2026, 3, 3, 5, tzinfo=UTC)
    with at(after(1), 5):
        close()
    row = day_of(user, MONDAY)
    assert (row.ended_at - row.began_at, row.neutral) == (timedelta(hours=30), True)


def test_a_day_of_travel_ends_no_streak_and_is_not_missed() -> None:
    user, habit = berliner()
    with at(after(3)):
        tick(habit, *(after(n) for n in range(3)))
        settle(user)
        close()
        move(user, "America/New_York")
    with at(after(4)):
        close()

    assert counts(user, after(3)) == (0, 0, 0, 0, 0)
    state = HabitState.objects.get()
    assert (state.as_of, state.streak) == (after(3), 3)


def test_what_is_done_on_a_day_of_travel_counts() -> None:
    user, habit = berliner()
    with at(MONDAY):
        tick(habit, MONDAY)
        move(user, "America/New_York")
        settle(user)
    with at(after(1)):
        close()

    assert counts(user, MONDAY) == (1, 1, 0, 0, 0)
    assert HabitState.objects.get().streak == 1


def test_a_journey_to_the_east_may_end_the_day_at_once() -> None:
    user, _ = berliner()
    with at(MONDAY, 14):
        move(user, "Pacific/Kiritimati")  # where it is four in the morning of Tuesday
        assert clock_of(user).next_rollover_at == datetime(2026, 3, 2, 14, tzinfo=UTC)
        close()

    row = day_of(user, MONDAY)
    assert (row.ended_at, row.neutral) == (datetime(2026, 3, 2, 14, tzinfo=UTC), True)
    assert clock_of(user).last_closed == MONDAY
    assert clock_of(user).next_rollover_at == datetime(2026, 3, 3, 10, tzinfo=UTC)


def test_a_date_that_is_lived_twice_over_the_date_line_is_closed_once() -> None:
    with at(MONDAY):
        user = UserFactory(timezone="Pacific/Kiritimati")
        habit = make_habit(user)
    with at(after(1)):  # two in the morning of Wednesday there; then noon of Monday
        close()
        move(user, "Pacific/Pago_Pago")
        tick(habit, after(1))
        settle(user)
        close()
    with at(after(6)):
        close()

    days = list(UserDay.objects.filter(user=user).order_by("day").values_list("day", flat=True))
    assert days == sorted(set(days))
    assert counts(user, after(1)) == (1, 1, 0, 0, 0)


def test_a_zone_with_the_same_clock_makes_no_day_neutral() -> None:
    user, _ = berliner()
    with at(MONDAY):
        move(user, "Europe/Paris")

    assert (clock_of(user).zone, clock_of(user).neutral) == ("Europe/Paris", False)


def test_days_that_are_over_are_closed_by_the_old_zone_first() -> None:
    user, _ = berliner()
    with at(after(2)):
        move(user, "America/New_York")

    assert [day_of(user, after(n)).neutral for n in range(2)] == [False, False]
    assert clock_of(user).neutral


def test_a_date_that_a_territory_left_out_has_no_length_and_ends_no_streak() -> None:
    with time_machine.travel(datetime(2011, 12, 27, 22, tzinfo=UTC), tick=False):
        user = UserFactory(timezone="Pacific/Apia")
        habit = make_habit(user)
        tick(habit, habit_day := datetime(2011, 12, 27, tzinfo=UTC).date())
        settle(user)
    with time_machine.travel(datetime(2012, 1, 1, 22, tzinfo=UTC), tick=False):
        close()

    row = day_of(user, datetime(2011, 12, 30, tzinfo=UTC).date())
    assert (row.began_at == row.ended_at, row.neutral, row.due) == (True, True, 0)
    assert counts(user, habit_day)[:2] == (1, 1)


def test_a_journey_changes_nothing_of_a_habit_that_is_archived() -> None:
    user, _ = berliner()
    with at(MONDAY):
        weekly = make_habit(user, freq_num=1, freq_den=7)
    with at(after(1)):
        tick(weekly, MONDAY)  # keeps the days until Sunday
        services.update_habit(habit=weekly, archived=True)
        close()
        settle(user)
    with at(after(6)):
        close()
        move(user, "America/New_York")
    with at(after(8)):
        close()
        found = rebuild(user.pk)

    assert day_of(user, after(6)).neutral
    assert found is not None
    assert found.differences == []


def test_another_first_weekday_holds_from_the_next_week() -> None:
    user, _ = berliner()
    with at(after(2)):
        services.update_profile(user=user, week_start=6)
    assert (clock_of(user).week_first, clock_of(user).week_last) == (MONDAY, after(6))
    with at(after(8)):
        close()

    assert (clock_of(user).week_first, clock_of(user).week_last) == (after(7), after(12))
