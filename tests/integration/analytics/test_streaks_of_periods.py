"""The longest streak at the end of weeks and months, whenever they are summed up."""

from __future__ import annotations

import pytest

from analytics.domain.periods import Period
from analytics.models import UserWeek
from analytics.rollups.periods import roll_up
from analytics.selectors import streak_events
from habits import services
from habits.models import Habit, User
from tests.factories import UserFactory

from .people import MONDAY, after, at, close, make_habit, settle, tick

pytestmark = pytest.mark.django_db


def best_streaks(user: User) -> dict[str, tuple[int | None, str]]:
    names = dict(user.habits.values_list("pk", "name"))
    weeks = UserWeek.objects.filter(user=user).order_by("first_day")
    return {str(week.first_day): (week.best_streak, names.get(week.best_streak_habit, "")) for week in weeks}


def test_weeks_from_before_the_account_have_the_streak_that_was_alive_at_their_end() -> None:
    with at(MONDAY):
        user = UserFactory()
        run, read = make_habit(user, name="Run"), make_habit(user, name="Read", weekdays=0b0011111)
    with at(after(1)):
        tick(run, *(after(n) for n in range(-28, -10)))  # ends on the Thursday of the third week before
        tick(read, *(after(n) for n in range(-21, 1)))
        settle(user)

    assert best_streaks(user) == {
        "2026-02-02": (7, "Run"),
        "2026-02-09": (14, "Run"),
        "2026-02-16": (10, "Read"),
        "2026-02-23": (15, "Read"),
    }


def test_a_late_tick_lengthens_the_streak_of_a_week_that_is_over() -> None:
    with at(MONDAY):
        user = UserFactory()
        habit = make_habit(user, name="Run")
    with at(after(9)):
        tick(habit, *(after(n) for n in (0, 1, 2, 4, 5, 6, 7)))
        settle(user)
        close()
        sum_up(user)
        assert best_streaks(user) == {"2026-03-02": (3, "Run")}
        tick(habit, after(3))
        settle(user)

    assert best_streaks(user) == {"2026-03-02": (7, "Run")}


def sum_up(user: User) -> None:
    roll_up(UserWeek, [(user.pk, Period(MONDAY, after(6)))])


def test_a_day_that_a_journey_made_neutral_is_not_taken_off_a_streak() -> None:
    with at(MONDAY):
        user = UserFactory()
        habit = make_habit(user, name="Run")
    with at(after(8)):
        tick(habit, *(after(n) for n in range(8)))
        settle(user)
        close()
        services.update_profile(user=user, timezone="America/New_York")  # makes the ninth day neutral
    with at(after(11)):
        tick(habit, after(9), after(10))
        settle(user)
        close()
        sum_up(user)

    assert best_streaks(user) == {"2026-03-02": (7, "Run")}


def archived_after_ten_days() -> tuple[User, Habit]:
    """Give a person who was on a streak of ten days when they put its habit away."""
    with at(MONDAY):
        user = UserFactory()
        habit = make_habit(user, name="Run")
    with at(after(10)):
        tick(habit, *(after(n) for n in range(10)))
        settle(user)
        close()
        services.update_habit(habit=habit, archived=True)
        settle(user)
        sum_up(user)
    assert best_streaks(user) == {"2026-03-02": (7, "Run")}
    return user, habit


def test_a_streak_that_ended_while_its_habit_was_archived_stays_the_best_of_its_week_and_breaks_for_nobody() -> None:
    user, habit = archived_after_ten_days()
    with at(after(20)):
        close()
        services.update_habit(habit=habit, archived=False)
        settle(user)
    with at(after(21)):
        close()

    assert best_streaks(user)["2026-03-02"] == (7, "Run")
    assert [(event.day, event.kind) for event in streak_events(user, MONDAY)] == [(after(6), "milestone")]


@pytest.mark.parametrize("day", [9, 12, 15])
def test_what_is_recorded_of_a_habit_that_is_archived_leaves_the_streaks_of_weeks_before_as_they_were(day: int) -> None:
    user, habit = archived_after_ten_days()
    with at(after(15)):
        close()
        services.record_completion(habit=habit, day=after(day), value=1000, note="late")
        settle(user)
        sum_up(user)

    assert best_streaks(user)["2026-03-02"] == (7, "Run")
    assert [(event.day, event.kind) for event in streak_events(user, MONDAY)] == [(after(6), "milestone")]
