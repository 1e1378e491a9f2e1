"""Habits that are edited on several phones: each field has its latest edit."""

from __future__ import annotations

from itertools import permutations

import pytest

from habits.models import LostText, User
from tests.integration.habits.phones import NOW, Phone, edit, habit

pytestmark = pytest.mark.django_db


@pytest.fixture
def phones(user: User) -> tuple[Phone, Phone]:
    return Phone(user, "phone-a"), Phone(user, "phone-b")


def test_a_rename_here_and_archiving_there_both_stand(phones: tuple[Phone, Phone]) -> None:
    a, b = phones
    a.push(habits=[habit(archived=False)])
    (row,) = b.pull()["changes"]["habits"]["updated"]
    b.push(habits=[edit(row, NOW + 20, archived=True)])
    answer = a.push(habits=[edit(row, NOW + 10, name="Stroll")])
    for changes in (answer["changes"], a.pull()["changes"], b.pull()["changes"]):
        assert [(row["name"], row["archived"]) for row in changes["habits"]["updated"]] == [("Stroll", True)]


def test_the_numbers_of_a_frequency_are_merged_as_one(phones: tuple[Phone, Phone]) -> None:
    a, b = phones
    a.push(habits=[habit(freq_num=1, freq_den=1)])
    (row,) = b.pull()["changes"]["habits"]["updated"]
    a.push(habits=[edit(row, NOW + 20, freq_num=3, freq_den=7)])
    b.push(habits=[edit(row, NOW + 10, freq_den=2)])
    assert [(row["freq_num"], row["freq_den"]) for row in b.pull()["changes"]["habits"]["updated"]] == [(3, 7)]


def test_a_column_that_a_phone_has_but_did_not_change_says_nothing(phones: tuple[Phone, Phone]) -> None:
    a, b = phones
    a.push(habits=[habit(notes="Far")])
    (stale,) = b.pull()["changes"]["habits"]["updated"]
    a.push(habits=[edit(stale, NOW + 1, notes="Farther")])
    answer = b.push(habits=[edit(stale, NOW + 2, color="#123456")])
    assert [(row["notes"], row["color"]) for row in answer["changes"]["habits"]["updated"]] == [("Farther", "#123456")]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_positions_merge_by_their_stamps_in_whatever_order(phones: tuple[Phone, Phone], order: tuple[int, ...]) -> None:
    a, b = phones
    a.push(habits=[habit(position=1)])
    edits = [edit(habit(), NOW + number, position=number / 2) for number in (1, 2, 3)]
    for number in order:
        (a, b)[number % 2].push(habits=[edits[number]])
    assert [row["position"] for row in a.pull()["changes"]["habits"]["updated"]] == [1.5]


@pytest.mark.parametrize("field", ["name", "question", "notes", "category"])
def test_a_text_that_lost_unseen_is_kept_for_support(phones: tuple[Phone, Phone], field: str) -> None:
    a, b = phones
    a.push(habits=[habit(**{field: "Old"})])
    a.pull(), b.pull()
    a.push(habits=[edit(habit(), NOW + 1, **{field: "Mine"})])
    b.push(habits=[edit(habit(), NOW + 2, **{field: "Theirs"})])
    assert list(LostText.objects.values_list("field", "lost", "kept")) == [(field, "Mine", "Theirs")]
