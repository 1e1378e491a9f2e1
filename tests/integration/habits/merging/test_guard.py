"""The database refuses rows of habits and days that no phone would be told of."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from habits import services
from habits.merging import DeletedCompletion
from habits.models import Completion, CompletionAlias, Habit, LostText, SyncDevice, SyncPush, SyncState, User
from tests.factories import CompletionFactory, HabitFactory
from tests.integration.habits.merging.writing import day, edit, merge

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE habits_habit SET name = 'Jog'", "UPDATE of habits_habit outside of a merge"),
        ("DELETE FROM habits_habit", "DELETE of habits_habit outside of a merge"),
        ("INSERT INTO habits_habit SELECT * FROM habits_habit", "INSERT of habits_habit outside of a merge"),
        ("UPDATE habits_completion SET value = 0", "UPDATE of habits_completion outside of a merge"),
        ("DELETE FROM habits_completion", "DELETE of habits_completion outside of a merge"),
        ("INSERT INTO habits_completion SELECT * FROM habits_completion", "INSERT of habits_completion outside"),
    ],
)
def test_a_statement_outside_of_a_merge_is_refused(statement: str, told: str) -> None:
    CompletionFactory()
    before = rows()

    with pytest.raises(ProgrammingError, match=told), connection.cursor() as cursor:
        cursor.execute(statement)

    assert rows() == before


def rows() -> list[Any]:
    return [list(model.objects.order_by("pk").values()) for model in (Habit, Completion)]


@pytest.mark.parametrize(
    "write",
    [
        lambda habit: habit.save(),
        lambda habit: habit.delete(),
        lambda habit: Habit.objects.create(user=habit.user, name="Read"),
        lambda habit: habit.completions.create(user=habit.user, day="2026-03-10", value=1000),
        lambda habit: habit.completions.update(value=0),
    ],
    ids=["save", "delete", "create", "create a day", "update days"],
)
def test_the_orm_cannot_pass_either(write: Any) -> None:
    habit = CompletionFactory().habit
    before = rows()

    with pytest.raises(ProgrammingError, match="outside of a merge"):
        write(habit)

    assert rows() == before


def test_the_right_to_write_ends_with_the_transaction_of_the_merge() -> None:
    habit = HabitFactory()
    services.update_habit(habit=habit, name="Jog")

    with pytest.raises(ProgrammingError, match="outside of a merge"):
        Habit.objects.update(name="Walk")


def test_the_right_to_write_goes_with_a_merge_that_is_taken_back() -> None:
    habit = HabitFactory(client_id="run")

    with transaction.atomic():
        with pytest.raises(LookupError):
            merge(habit.user, edit(ms=5, name="Jog"), day("unknown", ms=5, value=1000))
        with pytest.raises(ProgrammingError, match="outside of a merge"):
            Habit.objects.update(name="Walk")


def test_an_account_is_deleted_with_all_that_belongs_to_it() -> None:
    kept, user = CompletionFactory().habit, HabitFactory(client_id="run").user
    merge(user, day(ms=5, value=1000, note="early", id="first"))
    merge(user, day(ms=9, device="b", value=0, note="late", id="second"), seen=0)
    merge(user, DeletedCompletion(id="first", ms=10, device="b"))
    SyncPush.objects.create(user=user, key="5b7d6c1e-0000-4000-8000-000000000000", body_hash=b"", writes=[])
    SyncDevice.objects.create(user=user, device="a")
    assert CompletionAlias.objects.filter(user=user).exists()
    assert LostText.objects.filter(user=user).exists()

    user.delete()

    for model in (Habit, Completion, CompletionAlias, LostText, SyncPush, SyncDevice, SyncState):
        assert not model.objects.filter(user=user.pk).exists()
    assert list(User.objects.all()) == [kept.user]
    assert list(kept.completions.values_list("value", flat=True)) == [1000]


def test_several_accounts_are_deleted_at_once() -> None:
    CompletionFactory.create_batch(3)

    User.objects.all().delete()

    assert rows() == [[], []]


def test_after_an_account_was_deleted_others_are_guarded_as_before() -> None:
    habit, other = HabitFactory(), HabitFactory()
    habit.user.delete()

    with pytest.raises(ProgrammingError, match="outside of a merge"):
        other.delete()
