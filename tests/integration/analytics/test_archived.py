"""Since when habits are archived for the statistics, and what that leaves of their days."""

from __future__ import annotations

import pytest
from django.utils import timezone

from analytics.models import HabitRest, HabitState, UserDay
from analytics.rollups.rebuilding import rebuild
from habits import services
from habits.merging import HabitWrite, Merging
from habits.models import Habit, User
from tests.factories import UserFactory

from .people import MONDAY, after, at, close, make_habit, settle

pytestmark = pytest.mark.django_db


def runner() -> tuple[User, Habit]:
    """A person who has had a habit since Monday."""
    with at(MONDAY):
        user = UserFactory()
        return user, make_habit(user)


def test_days_on_which_a_habit_was_archived_stay_without_it_when_it_is_taken_up_again() -> None:
    user, habit = runner()
    with at(after(1)):
        services.update_habit(habit=habit, archived=True)
        settle(user)
    with at(after(4)):
        close()
        services.update_habit(habit=habit, archived=False)
        settle(user)
    with at(after(6)):
        close()

    assert list(HabitRest.objects.values_list("first_day", "last_day")) == [(after(1), after(3))]
    assert list(UserDay.objects.order_by("day").values_list("day", flat=True)) == [MONDAY, after(4), after(5)]
    assert HabitState.objects.get().as_of == after(5)


def archive_later(user: User, habit: Habit) -> None:
    """Archive it on a phone that has not heard that it is archived already."""
    ms = int(timezone.now().timestamp() * 1000)
    values = {"archived": True}
    write = HabitWrite(id=habit.client_id, ms=ms, device="tablet", values=values, edited=frozenset(values))
    with Merging(user.pk) as session:
        session.merge([write])


def test_a_habit_stays_archived_since_the_first_day_on_which_a_phone_archived_it() -> None:
    user, habit = runner()
    with at(after(1)):
        services.update_habit(habit=habit, archived=True)
        settle(user)
    with at(after(4)):
        close()
        archive_later(user, habit)
        settle(user)
        assert Habit.objects.get().archived_at == timezone.now()
        found = rebuild(user.pk)

    assert found is not None
    assert found.differences == []
    assert HabitState.objects.get().archived_on == after(1)
    assert [row.day for row in UserDay.objects.all()] == [MONDAY]


def test_days_on_which_a_habit_was_archived_stay_without_it_when_it_is_deleted_and_comes_back() -> None:
    user, habit = runner()
    with at(after(1)):
        services.update_habit(habit=habit, archived=True)
        settle(user)
    with at(after(4)):
        close()
        archive_later(user, habit)
        services.delete_habit(habit=habit)
        settle(user)
        services.restore_habit(user=user, client_id=habit.client_id)
        settle(user)
        assert [row.day for row in UserDay.objects.all()] == [MONDAY]
        services.update_habit(habit=habit, archived=False)
        settle(user)
    with at(after(6)):
        close()

    assert list(UserDay.objects.order_by("day").values_list("day", flat=True)) == [MONDAY, after(4), after(5)]
