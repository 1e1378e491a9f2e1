"""A client that syncs as WatermelonDB's manual has it, without the phone's contract, is served too."""

from __future__ import annotations

from tests.clients.phone import Phone

DAY = "2026-03-01"


def both_sync_by_the_manual(phone: Phone, other: Phone) -> None:
    for _ in range(2):
        for each in (phone, other):
            each("network", push=[], pull=[])
            each("sync_by_the_manual")


def test_what_one_phone_does_another_shows(phone: Phone, other: Phone) -> None:
    habit = phone("create_habit", name="Run")
    both_sync_by_the_manual(phone, other)
    other("tick", habit=habit, date=DAY)
    other("edit", table="habits", id=habit, name="Jog")

    both_sync_by_the_manual(phone, other)

    assert phone.habit(habit)["name"] == "Jog"
    assert [row["value"] for row in phone.rows()["completions"]] == [1]
    assert phone.rows() == other.rows()
    assert not other.unsynced()


def test_a_day_that_has_an_identifier_of_each_phone_is_one_day_on_both(phone: Phone, other: Phone) -> None:
    habit = phone("create_habit", name="Run")
    both_sync_by_the_manual(phone, other)
    phone("clock", at=1_000)
    phone("tick", habit=habit, date=DAY, cell="a7Tq0mVb2Zr9KxLe", value=0)
    other("tick", habit=habit, date=DAY, cell="Wn4sYc8HdJ1uPfGo")

    both_sync_by_the_manual(phone, other)

    assert [row["value"] for row in phone.rows()["completions"]] == [1]
    assert phone.rows() == other.rows()
