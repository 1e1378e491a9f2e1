"""The values that rows may hold are those that the rules know; domain code reads no model, so both name them."""

from __future__ import annotations

from enum import StrEnum

import pytest
from django.db.models import TextChoices

from habits.domain import records
from habits.models import Habit
from notifications.domain import breaker, kinds
from notifications.models import Notification, Preference, ProviderState, Reminder


@pytest.mark.parametrize(
    ("of_rows", "of_rules"),
    [
        (Habit.Kind, records.Kind),
        (Habit.TargetType, records.TargetType),
        (Notification.Kind, kinds.Kind),
        (ProviderState.Breaker, breaker.State),
    ],
    ids=lambda names: names.__qualname__,
)
def test_a_row_may_hold_what_the_rules_know_and_nothing_else(
    of_rows: type[TextChoices], of_rules: type[StrEnum]
) -> None:
    assert sorted(of_rows.values) == sorted(of_rules)


def test_people_set_preferences_of_each_kind_and_way_or_of_all() -> None:
    assert sorted(Preference.Kind.values) == sorted(["", *kinds.Kind])
    assert sorted(Preference.Channel.values) == sorted(["", *kinds.Channel])


def test_reminders_are_of_every_kind_but_tests() -> None:
    assert set(Reminder.Kind.values) == set(kinds.Kind) - {kinds.Kind.TEST}
