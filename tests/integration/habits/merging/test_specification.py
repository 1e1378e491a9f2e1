"""The merge in the database is the one that is specified: `habits.domain.merge`, for any edits in any delivery."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from itertools import product
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from habits.domain import merge as specification
from habits.domain.merge import Place, Register
from habits.merging import CompletionWrite, HabitWrite, Write
from habits.merging.habits import REGISTERS, shown, stored_register
from habits.models import Completion, Habit
from tests.factories import HabitFactory, UserFactory
from tests.integration.habits.merging.writing import (
    DAY,
    day,
    days_in,
    edit,
    fields_in,
    habit_of,
    merge,
    row,
    stored_days,
    stored_fields,
    version,
    visible,
)

pytestmark = pytest.mark.django_db

W = TypeVar("W", bound=Write)

devices = st.sampled_from(["a", "b", "Z", "phone-2"])
stamps = st.integers(1, 3)
days = st.sampled_from([DAY, DAY + timedelta(days=1)])
TEXTS = ["", "a", "Z", "ä", "😀", "ﬀ"]
CONTENTS = [*({"value": value} for value in (None, -1000, 0, 1000, 2000)), {"skipped": True}]
texts, contents = st.sampled_from(TEXTS), st.sampled_from(CONTENTS)
slots = st.sampled_from(["", "a", "Z"])


@st.composite
def day_edits(draw: st.DrawFn) -> CompletionWrite:
    return day(
        draw(st.sampled_from(["run", "read"])),
        draw(days),
        slot=draw(slots),
        ms=draw(stamps),
        device=draw(devices),
        note=draw(texts),
        value_edited=draw(st.booleans()),
        note_edited=draw(st.booleans()),
        **draw(contents),
    )


FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "name": st.sampled_from(["", "Run", "läuft"]),
    "kind": st.sampled_from(Habit.Kind.values),
    "freq_num": st.integers(1, 2),
    "freq_den": st.integers(1, 2),
    "target_value": st.sampled_from([0, 0.5, 10.0]),
    "reminder_time": st.sampled_from([None, "07:30", "18:00"]),
    "position": st.sampled_from([-1, 0.5, 2]),
    "archived": st.booleans(),
    "deleted": st.booleans(),
}
"""A field of each type; those that are merged are in `habits.merging.habits.REGISTERS`."""


@st.composite
def habit_edits(draw: st.DrawFn) -> HabitWrite:
    names = draw(st.sets(st.sampled_from(sorted(FIELDS)), min_size=1, max_size=3))
    if names & {"freq_num", "freq_den"}:
        names |= {"freq_num", "freq_den"}
    values = {name: draw(FIELDS[name]) for name in sorted(names)}
    edited = draw(st.sets(st.sampled_from(sorted(names)), min_size=1))
    name = draw(st.sampled_from(["run", "read"]))
    return HabitWrite(id=name, ms=draw(stamps), device=draw(devices), values=values, edited=frozenset(edited))


@st.composite
def deliveries(draw: st.DrawFn, edits: st.SearchStrategy[W]) -> tuple[list[W], list[list[W]]]:
    """Edits, and how they arrive: in any order, some of them twice, in pushes of any size."""
    made = draw(st.lists(edits, min_size=1, max_size=10))
    repeated = made + draw(st.lists(st.sampled_from(made), max_size=5))
    delivered = draw(st.permutations(repeated))
    cuts = sorted(draw(st.lists(st.integers(0, len(delivered)), max_size=4)))
    return made, [delivered[start:end] for start, end in zip([0, *cuts], [*cuts, len(delivered)], strict=True)]


def merged(states: Iterable[dict[Place, Register]]) -> dict[Place, Register]:
    return reduce(specification.merge, states, {})


@given(deliveries(day_edits()), st.integers(0, 9))
def test_days_merge_as_specified(
    delivery: tuple[list[CompletionWrite], list[list[CompletionWrite]]], seen: int
) -> None:
    made, pushes = delivery
    user = UserFactory()
    for name in ("run", "read"):
        HabitFactory(user=user, client_id=name)

    for push in pushes:
        merge(user, *push, seen=seen)

    assert stored_days(user) == merged(map(days_in, made))


def test_whichever_of_two_edits_of_a_moment_comes_first_the_same_is_kept() -> None:
    user = HabitFactory(client_id="run").user
    ties = enumerate(zip(product(CONTENTS, repeat=2), product(TEXTS, repeat=2), strict=True))
    pairs = [
        [day(on=DAY + timedelta(days=n), ms=1, note=note, **content) for content, note in zip(*tie, strict=True)]
        for n, tie in ties
    ]

    for push in zip(*pairs, strict=True):
        merge(user, *push)

    assert stored_days(user) == merged(days_in(write) for pair in pairs for write in pair)


@given(deliveries(habit_edits()), st.integers(0, 9))
def test_habits_merge_as_specified(delivery: tuple[list[HabitWrite], list[list[HabitWrite]]], seen: int) -> None:
    made, pushes = delivery
    user = UserFactory()

    for push in pushes:
        merge(user, *push, seen=seen)

    habits = list(Habit.objects.filter(user=user))
    new = merged(stored_fields(Habit(client_id=write.id)) for write in made)
    assert merged(map(stored_fields, habits)) == merged([new, *map(fields_in, made)])
    for habit in habits:
        archived = stored_register(habit, "archived")
        assert not (archived.value and archived.ms) or habit.archived_at == instant(archived.ms)


@given(deliveries(day_edits()))
def test_a_device_hears_of_every_day_that_is_not_as_it_believes(
    delivery: tuple[list[CompletionWrite], list[list[CompletionWrite]]],
) -> None:
    user = UserFactory()
    for name in ("run", "read"):
        HabitFactory(user=user, client_id=name)

    for push in delivery[1]:
        before = {found.pk: found for found in Completion.objects.filter(user=user)}
        cursor = version(user)
        merge(user, *push)
        for found in Completion.objects.filter(user=user):
            same = found.pk in before and visible(found) == visible(before[found.pk])
            assert same or found.version > cursor, "Other devices do not hear of a change."
        for write in push:
            stored = row(user, write.day, write.slot, write.habit)
            assert visible(stored) == visible(write) or stored.version > cursor, "The device does not hear of it."


@given(deliveries(habit_edits()))
def test_a_device_hears_of_every_habit_that_is_not_as_it_believes(
    delivery: tuple[list[HabitWrite], list[list[HabitWrite]]],
) -> None:
    user = UserFactory()

    for push in delivery[1]:
        before = {habit.pk: seen_of(habit) for habit in Habit.objects.filter(user=user)}
        cursor = version(user)
        merge(user, *push)
        for habit in Habit.objects.filter(user=user):
            assert before.get(habit.pk) == seen_of(habit) or habit.version > cursor, "Others do not hear of a change."
        for write in push:
            habit = habit_of(user, write.id)
            believed = {"deleted": False, **write.values}
            assert believed.items() <= seen_of(habit).items() or habit.version > cursor, "The device hears nothing."


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_a_habit_is_archived_since_the_edit_that_stands_whichever_phone_was_first(order: tuple[int, int]) -> None:
    user = HabitFactory(client_id="run").user
    archived = {number: edit(ms=number * 1000, device=f"phone-{number}", archived=True) for number in order}

    for number in order:
        merge(user, archived[number])

    assert habit_of(user).archived_at == instant(2000)


def instant(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


def seen_of(habit: Habit) -> dict[str, Any]:
    """What devices see of a habit."""
    return {field: shown(habit, field) for fields in REGISTERS.values() for field in fields}


@given(
    deliveries(st.one_of(day_edits(), habit_edits())),
    st.lists(day_edits(), unique_by=lambda write: write.id),
    st.lists(habit_edits(), unique_by=lambda write: write.id),
)
def test_a_push_that_is_repeated_changes_nothing(
    earlier: tuple[Any, list[list[Write]]], days: list[CompletionWrite], habits: list[HabitWrite]
) -> None:
    """The device shows its latest edits, and has not heard that they were merged."""
    user = UserFactory()
    for name in ("run", "read"):
        HabitFactory(user=user, client_id=name)
    for push in earlier[1]:
        merge(user, *push)
    shown_values = [{"deleted": False, **write.values} for write in habits]
    edits = [
        *(replace(write, ms=4, values=v, edited=frozenset(v)) for write, v in zip(habits, shown_values, strict=True)),
        *(replace(write, ms=4, value_edited=True, note_edited=True) for write in days),
    ]
    merge(user, *edits)
    before = everything(user)

    merge(user, *edits)

    assert everything(user) == before


def everything(user: Any) -> list[Any]:
    rows = Completion.objects.filter(user=user).order_by("pk").values(), Habit.objects.filter(user=user).values()
    return [version(user), *map(list, rows)]


def test_stamps_of_different_days_do_not_touch() -> None:
    user = HabitFactory(client_id="run").user
    merge(user, day(ms=9, value=1000), day(on=date(2026, 3, 11), ms=1, value=0))

    assert (row(user).value_ms, row(user, date(2026, 3, 11)).value_ms) == (9, 1)
