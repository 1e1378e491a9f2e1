"""Rows for tests: only what must be set, and the same values in every run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import factory
from django.db import connection, transaction
from django.db.models import Max
from factory.django import DjangoModelFactory

from habits.domain.identity import completion_id
from habits.models import Completion, Habit, User

FIRST_DAY = date(2026, 1, 1)


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.com")


@contextmanager
def unsynced() -> Iterator[None]:
    """Let rows of habits and days be written past the merge, as no code of the product may."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('sync.version', 'test', true)")
        yield
        cursor.execute("SELECT set_config('sync.version', '', true)")


class UnsyncedFactory(DjangoModelFactory):
    """Rows that no phone is told of and no statistics follow."""

    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class, *args, **kwargs):
        with unsynced():
            return super()._create(model_class, *args, **kwargs)


class HabitFactory(UnsyncedFactory):
    class Meta:
        model = Habit

    user = factory.SubFactory(UserFactory)
    client_id = factory.Sequence(lambda n: f"habit-{n}")
    name = factory.Sequence(lambda n: f"Habit {n}")


def _day_after(habit: Habit) -> date:
    """The day after the latest that is recorded, or the first day."""
    latest = habit.completions.aggregate(latest=Max("day"))["latest"]
    return latest + timedelta(days=1) if latest else FIRST_DAY


class CompletionFactory(UnsyncedFactory):
    """A tick; each next one of a habit is a day later."""

    class Meta:
        model = Completion

    habit = factory.SubFactory(HabitFactory)
    user = factory.SelfAttribute("habit.user")
    client_id = factory.LazyAttribute(lambda row: completion_id(row.habit.client_id, row.day, row.slot))
    slot = ""
    day = factory.LazyAttribute(lambda row: _day_after(row.habit))
    value = 1000
