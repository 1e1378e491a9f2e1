"""Days that are forgotten and habits that are deleted: hidden from everybody, but kept for phones to hear of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError

from habits import services
from habits.domain.records import Part
from habits.domain.summary import summarise
from habits.models import Completion, Habit
from habits.selectors import days_of, habits_of, recorded_day, records_of, rule_of
from tests.factories import CompletionFactory, HabitFactory, UserFactory
from tests.integration.habits.news import news, sync_version, version

pytestmark = pytest.mark.django_db

DAY = date(2026, 3, 10)


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 3, 10, 12, tzinfo=UTC), tick=False):
        yield


# --- Days ------------------------------------------------------------------------------------------------------------


def test_clearing_a_day_is_told_once(told: list[dict[str, Any]]) -> None:
    habit = HabitFactory()
    CompletionFactory(habit=habit, day=DAY)

    assert services.clear_completion(habit=habit, day=DAY) is True
    assert services.clear_completion(habit=habit, day=DAY) is False

    assert version(habit) == 1
    assert told == [news(habit, since=DAY)]


def test_a_day_that_is_cleared_leaves_a_row_for_phones_that_nothing_else_shows() -> None:
    habit = HabitFactory()
    services.record_completion(habit=habit, day=DAY, value=1000)
    services.record_completion(habit=habit, day=date(2026, 3, 1), value=None, note="ill")
    before = sync_version(habit)

    services.clear_completion(habit=habit, day=DAY)
    services.clear_completion(habit=habit, day=date(2026, 3, 1))

    rows = habit.completions.order_by("day").values_list("value", "skipped", "note")
    assert list(rows) == [(None, False, ""), (None, False, "")]
    assert habit.completions.get(day=DAY).version > before
    assert recorded_day(habit, DAY) is None
    assert not days_of(habit).exists()
    never = summarise(rule_of(habit), {}, DAY)
    assert summarise(rule_of(habit), records_of(habit), DAY) == never


def test_a_day_that_was_cleared_can_be_recorded_again() -> None:
    habit = CompletionFactory(day=DAY).habit
    services.clear_completion(habit=habit, day=DAY)

    record, created = services.record_completion(habit=habit, day=DAY, value=0)

    assert created
    assert record.value == 0
    assert habit.completions.count() == 1


# --- Habits ----------------------------------------------------------------------------------------------------------


def test_a_habit_that_is_deleted_is_hidden_with_its_records_until_it_is_restored(told: list[dict[str, Any]]) -> None:
    record = CompletionFactory(note="by the river")
    habit, user = record.habit, record.user

    services.delete_habit(habit=habit)
    assert not habits_of(user).exists()
    assert list(Completion.objects.values_list("value", "note")) == [(1000, "by the river")]

    restored = services.restore_habit(user=user, client_id=habit.client_id)
    assert (restored.pk, restored.deleted, restored.name) == (habit.pk, False, habit.name)
    assert list(habits_of(user)) == [restored]
    assert recorded_day(restored, record.day).part == Part(1000, note="by the river")
    assert told == [news(habit, since=None)] * 2


def test_restoring_a_habit_that_is_not_deleted_changes_nothing(told: list[dict[str, Any]]) -> None:
    habit = services.create_habit(user=UserFactory(), name="Run")[0]
    before = Habit.objects.values().get(), sync_version(habit)

    assert services.restore_habit(user=habit.user, client_id=habit.client_id) == habit

    assert (Habit.objects.values().get(), sync_version(habit)) == before
    assert told == [news(habit, since=None)]  # of its making


def test_only_ones_own_habits_can_be_restored() -> None:
    habit = HabitFactory()
    services.delete_habit(habit=habit)

    with pytest.raises(Habit.DoesNotExist):
        services.restore_habit(user=UserFactory(), client_id=habit.client_id)


def test_a_new_habit_is_not_made_under_the_id_of_a_deleted_one() -> None:
    habit = HabitFactory(client_id="h1", name="Run")
    services.delete_habit(habit=habit)

    with pytest.raises(ValidationError) as refused:
        services.create_habit(user=habit.user, client_id="h1", name="Read")

    assert [error.code for error in refused.value.error_dict["id"]] == ["deleted"]
    assert refused.value.message_dict == {"id": ["The habit of this id is deleted; restore it."]}
    assert Habit.objects.get().name == "Run"


def test_recording_on_a_habit_that_is_gone_says_so() -> None:
    habit = HabitFactory()
    services.delete_habit(habit=habit)

    for write in (
        lambda: services.record_completion(habit=habit, day=DAY, value=1000),
        lambda: services.clear_completion(habit=habit, day=DAY),
        lambda: services.update_habit(habit=habit, name="Run"),
        lambda: services.delete_habit(habit=habit),
    ):
        with pytest.raises(Habit.DoesNotExist):
            write()

    assert not habit.completions.exists()
