"""Rows for tests: only what must be set, and the same values in every run."""

from __future__ import annotations

from datetime import date, timedelta

import factory
from factory.django import DjangoModelFactory

from habits.models import Completion, Habit, User

FIRST_DAY = date(2026, 1, 1)


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.com")


class HabitFactory(DjangoModelFactory[Habit]):
    class Meta:
        model = Habit

    user = factory.SubFactory(UserFactory)
    client_id = factory.Sequence(lambda n: f"habit-{n}")
    name = factory.Sequence(lambda n: f"Habit {n}")


class CompletionFactory(DjangoModelFactory[Completion]):
    """A tick; each next one is a day later."""

    class Meta:
        model = Completion

    habit = factory.SubFactory(HabitFactory)
    day = factory.Sequence(lambda n: FIRST_DAY + timedelta(days=n))
    value = 1000
