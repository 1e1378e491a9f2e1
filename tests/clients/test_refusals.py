"""Rows that the server refuses stay on the phone, come again, and hinder nothing else."""

from __future__ import annotations

from uuid import uuid4

from tests.clients.phone import Phone, both_sync

DAY = "2026-03-01"


def test_a_day_of_an_unknown_habit_waits_on_the_phone_until_the_habit_is_known(phone: Phone, other: Phone) -> None:
    habit = str(uuid4())
    run = phone("create_habit", name="Run")
    cell = phone("tick", habit=habit, date=DAY)
    kept = phone("tick", habit=run, date=DAY)
    both_sync(phone, other)
    assert phone.unsynced()
    assert [row["id"] for row in other.rows()["completions"]] == [kept]

    other("create_habit", id=habit, name="Swim")
    other.sync()
    both_sync(phone, other)

    assert not phone.unsynced()
    assert other.value(cell) == 1
    assert other.rows() == phone.rows()


def test_a_habit_that_cannot_be_is_refused_until_it_is_put_right(phone: Phone, other: Phone) -> None:
    habit = phone("create_habit", name="x" * 201)
    cell = phone("tick", habit=habit, date=DAY)
    both_sync(phone, other)
    assert phone.unsynced()
    assert other.rows() == {"habits": [], "completions": []}

    phone("edit", table="habits", id=habit, name="Run")
    both_sync(phone, other)

    assert not phone.unsynced()
    assert (other.habit(habit)["name"], other.value(cell)) == ("Run", 1)


def test_a_day_far_in_the_future_is_refused_alone(phone: Phone, other: Phone) -> None:
    habit = phone("create_habit", name="Run")
    phone("tick", habit=habit, date="2999-01-01")
    cell = phone("tick", habit=habit, date=DAY)

    both_sync(phone, other)

    assert phone.unsynced()
    assert [row["id"] for row in other.rows()["completions"]] == [cell]


def test_a_habit_made_and_deleted_offline_leaves_nothing_to_push(phone: Phone, other: Phone) -> None:
    habit = phone("create_habit", name="Run")
    phone("tick", habit=habit, date=DAY)
    phone("delete_habit", id=habit)

    both_sync(phone, other)

    assert not phone.unsynced()
    assert phone.rows() == other.rows() == {"habits": [], "completions": []}
