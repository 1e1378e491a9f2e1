"""Edits of several devices that come to the same value."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from habits.merging import HabitWrite, merge_now
from habits.models import Habit, User

pytestmark = pytest.mark.django_db


def rename(name: str, ms: int, device: str) -> HabitWrite:
    return HabitWrite(id="h", ms=ms, device=device, values={"name": name}, edited=frozenset({"name"}))


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_two_phones_that_choose_the_same_name_hold_it_from_the_later_choice_on(order: Any, user: User) -> None:
    merge_now(user.pk, [rename("old", 1, "a")])
    edits = [rename("Run", 10, "a"), rename("Run", 30, "b"), rename("Jog", 20, "c")]
    for number in order:
        merge_now(user.pk, [edits[number]])

    assert Habit.objects.get().name == "Run"
