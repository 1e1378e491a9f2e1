"""What phones no longer need is forgotten after its time, and nothing else."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import ProgrammingError
from django.utils import timezone

from habits import services
from habits.merging import forget, forgetting
from habits.models import Completion, Habit, LostText, SyncPush, SyncState, User
from habits.tasks import forget_synced
from tests.factories import CompletionFactory, HabitFactory, unsynced
from tests.integration.habits.merging.writing import day, merge, version

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "BATCH", 2)
    monkeypatch.setattr(forgetting, "HABITS", 2)


def days_ago(days: int, less: timedelta = -HOUR) -> datetime:
    return timezone.now() - timedelta(days=days) + less


def push(user: User, age: int, less: timedelta = -HOUR, **fields: Any) -> SyncPush:
    received = days_ago(age, less)
    return SyncPush.objects.create(
        user=user, key=uuid.uuid4(), body_hash=b"", writes=[], received_at=received, **fields
    )


def test_pushes_are_forgotten_a_month_after_they_were_merged() -> None:
    user = HabitFactory().user
    for _ in range(3):
        push(user, 30, merged_version=2)
    kept = [
        push(user, 30, HOUR, merged_version=2),
        push(user, 99),
        push(user, 99, failed_at=timezone.now(), error="UnknownHabit"),
    ]

    assert forget()["pushes"] == 3

    assert list(SyncPush.objects.order_by("id")) == kept


def test_texts_that_lost_are_forgotten_after_ninety_days() -> None:
    habit = HabitFactory(client_id="run")
    for ms in range(1, 5):
        merge(habit.user, day(ms=9 - ms, device=f"phone-{ms}", note=f"{ms}"))
    for text in LostText.objects.all():
        LostText.objects.filter(pk=text.pk).update(at=days_ago(90, HOUR if text.lost == "4" else -HOUR))

    assert forget()["texts"] == 2

    assert [text.lost for text in LostText.objects.all()] == ["4"]


def deleted(user: User, age: int, less: timedelta = -HOUR) -> Habit:
    """A habit with two days that was deleted some days ago."""
    habit: Habit = HabitFactory(user=user)
    CompletionFactory.create_batch(2, habit=habit)
    services.delete_habit(habit=habit)
    with unsynced():
        Habit.objects.filter(pk=habit.pk).update(updated_at=days_ago(age, less))
    habit.refresh_from_db()
    return habit


def test_habits_are_forgotten_with_their_days_half_a_year_after_they_were_deleted() -> None:
    user = HabitFactory().user
    gone = [deleted(user, 180) for _ in range(3)]
    kept = deleted(user, 180, HOUR)
    other = CompletionFactory().habit
    with unsynced():
        Habit.objects.filter(deleted=False).update(updated_at=days_ago(400))

    assert forget()["habits"] == 3

    assert not Habit.objects.filter(pk__in=[habit.pk for habit in gone]).exists()
    assert set(Completion.objects.values_list("habit", flat=True)) == {kept.pk, other.pk}
    assert Completion.objects.count() == 3


def test_phones_that_have_not_seen_a_forgotten_deletion_start_anew() -> None:
    user, other = HabitFactory().user, HabitFactory().user
    old = deleted(user, 180)
    recent = deleted(user, 10)
    deleted(other, 10)

    forget()

    horizons = dict(SyncState.objects.values_list("user", "horizon"))
    assert horizons == {user.pk: old.version, other.pk: 0}
    assert old.version < recent.version == version(user)


def test_forgetting_twice_forgets_no_more() -> None:
    deleted(HabitFactory().user, 180)

    assert forget_synced() == {"pushes": 0, "texts": 0, "habits": 1}
    assert forget_synced() == {"pushes": 0, "texts": 0, "habits": 0}


@pytest.mark.django_db(transaction=True)
def test_after_forgetting_habits_are_guarded_as_before() -> None:
    kept = HabitFactory()
    deleted(kept.user, 180)

    forget()

    with pytest.raises(ProgrammingError, match="outside of a merge"):
        kept.delete()
