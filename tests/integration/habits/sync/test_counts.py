"""Days of counted habits: each phone has its share, and they add up."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from rest_framework.test import APIClient

from habits.models import Completion, User
from tests.integration.habits.phones import NOW, Phone, edit, habit, tick, values

pytestmark = pytest.mark.django_db


@pytest.fixture
def phones(user: User) -> tuple[Phone, Phone]:
    return Phone(user, "phone-a"), Phone(user, "phone-b")


def shown(api: APIClient) -> Any:
    """What the day comes to, over REST."""
    (record,) = api.get("/api/v1/habits/walk/completions?from=2026-01-01&to=2026-01-01").json()["results"]
    return record["value"]


@pytest.fixture
def counting(phones: tuple[Phone, Phone]) -> tuple[Phone, Phone]:
    phones[0].push(habits=[habit(kind="counted")])
    return phones


def count(phone: Phone, value: Any, at: int = NOW) -> Any:
    """Set a phone's share of the day."""
    return phone.push(completions=[tick(value=value, at=at, device=phone.device)])


def test_what_two_phones_count_on_a_day_adds_up(counting: tuple[Phone, Phone], api: APIClient) -> None:
    a, b = counting
    count(a, 3)
    count(b, 2)
    assert values(a.pull()) == [3, 2]
    assert shown(api) == 5


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_phone_takes_back_what_it_counted_and_nothing_else(
    counting: tuple[Phone, Phone], api: APIClient, order: tuple[int, ...]
) -> None:
    a, b = counting
    edits = [(a, 3, NOW), (a, 2, NOW + 1), (b, 2, NOW)]
    for number in order:
        count(*edits[number])
    assert shown(api) == 4


def test_a_day_of_which_everything_was_taken_back_is_at_nothing(counting: tuple[Phone, Phone], api: APIClient) -> None:
    a, b = counting
    count(a, 1)
    count(b, -5)
    assert shown(api) == 0
    count(b, 0, NOW + 1)
    assert shown(api) == 1


def test_a_count_whose_identifier_is_of_no_device_is_the_senders(counting: tuple[Phone, Phone]) -> None:
    a, b = counting
    for phone, value in ((a, 3), (b, 2)):
        phone.push(completions=[{**tick(value=value), "id": f"of-{phone.device}"}])
    assert list(Completion.objects.order_by("slot").values_list("slot", "value")) == [
        ("phone-a", 3000),
        ("phone-b", 2000),
    ]


def test_a_day_set_over_rest_while_a_phone_counts_has_both(counting: tuple[Phone, Phone], api: APIClient) -> None:
    a, b = counting
    count(a, 2)
    b.pull()
    assert api.put("/api/v1/habits/walk/completions/2026-01-01", {"value": 5}).json()["value"] == 5
    count(a, 3, NOW + 1)
    count(b, 1)
    assert shown(api) == 7
    assert values(b.pull()) == [3, 1, 3]
    assert sorted(Completion.objects.values_list("slot", flat=True)) == ["phone-a", "phone-b", "server"]


def test_a_day_cleared_over_rest_counts_on_from_nothing(counting: tuple[Phone, Phone], api: APIClient) -> None:
    a, _ = counting
    count(a, 2)
    assert api.delete("/api/v1/habits/walk/completions/2026-01-01").status_code == 204
    (row,) = a.pull()["changes"]["completions"]["updated"]
    assert row["value"] is None
    count(a, 1, row["updated_at"] + 1)
    assert shown(api) == 1


def test_counts_from_before_a_habit_was_counted_add_to_those_after(phones: tuple[Phone, Phone], api: APIClient) -> None:
    a, b = phones
    a.push(habits=[habit(kind="measured")], completions=[tick(value=2)])
    a.push(habits=[edit(habit(), NOW + 1, kind="counted")])
    count(b, 1)
    assert shown(api) == 3
