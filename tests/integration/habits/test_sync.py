"""Phones that sync: what one pushes, the other pulls."""

from __future__ import annotations

import pytest

from habits.models import User
from tests.integration.habits.phones import NOW, Phone, habit, tick


@pytest.fixture
def phones(user: User) -> tuple[Phone, Phone]:
    return Phone(user, "phone-a"), Phone(user, "phone-b")


def test_what_one_phone_pushes_the_other_pulls(phones: tuple[Phone, Phone]) -> None:
    a, b = phones
    answer = a.push(habits=[habit()], completions=[tick(note="Rain")])
    assert answer["status"] == "done"
    assert answer["problems"] == []
    assert answer["changes"]["completions"]["updated"] == []
    changes = b.pull()["changes"]
    assert [(row["id"], row["name"]) for row in changes["habits"]["updated"]] == [("walk", "Walk")]
    assert [(row["date"], row["value"], row["note"]) for row in changes["completions"]["updated"]] == [
        ("2026-01-01", 1, "Rain")
    ]
    assert b.pull()["changes"]["completions"]["updated"] == []


def test_the_later_edit_of_a_day_is_shown_whichever_came_first(phones: tuple[Phone, Phone]) -> None:
    a, b = phones
    a.push(habits=[habit()])
    b.push(completions=[tick(value=0, at=NOW + 30)])
    answer = a.push(completions=[tick(value=1, at=NOW)])
    assert [row["value"] for row in answer["changes"]["completions"]["updated"]] == [0]
    assert [row["value"] for row in a.pull()["changes"]["completions"]["updated"]] == [0]
