"""Deleting a habit hides it with its days; bringing it back loses none, wherever they were recorded meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clients.phone import Phone, both_sync

DAY, NEXT_DAY = "2026-03-01", "2026-03-02"


@pytest.fixture
def habit(phone: Phone, other: Phone) -> str:
    """A habit with one day that both phones have."""
    identifier = phone("create_habit", name="Run")
    phone("tick", habit=identifier, date=DAY)
    both_sync(phone, other)
    return identifier


def days(phone: Phone) -> dict[str, float]:
    return {row["date"]: row["value"] for row in phone.rows()["completions"]}


def test_what_was_recorded_offline_meanwhile_is_there_when_the_habit_is_restored(
    phone: Phone, other: Phone, habit: str, rest: Any
) -> None:
    phone("delete_habit", id=habit)
    phone.sync()
    other("tick", habit=habit, date=NEXT_DAY)
    other("tick", habit=habit, date=DAY, value=0)
    other("edit", table="habits", id=habit, name="Jog")
    both_sync(phone, other)
    assert phone.rows() == other.rows() == {"habits": [], "completions": []}

    rest("POST", f"habits/{habit}/restore")
    both_sync(phone, other)

    assert days(phone) == days(other) == {DAY: 0, NEXT_DAY: 1}
    assert phone.habit(habit)["name"] == other.habit(habit)["name"] == "Jog"
    assert phone.rows() == other.rows()


def test_a_phone_that_deletes_what_is_deleted_already_is_content(phone: Phone, other: Phone, habit: str) -> None:
    phone("delete_habit", id=habit)
    other("delete_habit", id=habit)

    both_sync(phone, other)

    assert not other.unsynced()
    assert phone.rows() == other.rows() == {"habits": [], "completions": []}


def test_what_is_changed_over_rest_reaches_the_phones(phone: Phone, other: Phone, habit: str, rest: Any) -> None:
    rest("PUT", f"habits/{habit}/completions/{NEXT_DAY}", {"value": 1, "note": "at the desk"})
    rest("PATCH", f"habits/{habit}", {"name": "Jog"})

    both_sync(phone, other)

    assert days(phone) == days(other) == {DAY: 1, NEXT_DAY: 1}
    assert phone.habit(habit)["name"] == "Jog"
    assert phone.rows() == other.rows()


def test_an_untick_after_a_change_over_rest_stands(phone: Phone, other: Phone, habit: str, rest: Any) -> None:
    rest("PUT", f"habits/{habit}/completions/{NEXT_DAY}", {"value": 1})
    phone.sync()
    phone("clock", at=0)
    phone("tick", habit=habit, date=NEXT_DAY, value=0)

    both_sync(phone, other)

    assert days(phone) == days(other) == {DAY: 1, NEXT_DAY: 0}
