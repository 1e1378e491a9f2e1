"""Requests are lost, cut in two, doubled, and answers do not arrive."""

from __future__ import annotations

import pytest

from tests.clients.phone import Offline, Phone, PhoneDied, both_sync

DAY = "2026-03-01"


@pytest.mark.parametrize("fault", ["lost", "cut", "unanswered", "doubled"])
def test_one_fault_is_made_good_within_the_sync(phone: Phone, other: Phone, fault: str) -> None:
    habit = phone("create_habit", name="Water", kind="counted")
    phone("tick", habit=habit, date=DAY, value=3)

    phone.sync(push=[fault], pull=[fault])
    both_sync(phone, other)

    assert [row["value"] for row in other.rows()["completions"]] == [3]
    assert other.rows() == phone.rows()


@pytest.mark.parametrize("fault", ["lost", "cut"])
def test_a_push_that_never_arrives_is_kept_and_comes_with_the_next(phone: Phone, other: Phone, fault: str) -> None:
    habit = phone("create_habit", name="Run")
    phone("tick", habit=habit, date=DAY)

    with pytest.raises(Offline):
        phone.sync(push=[fault] * 4)
    other.sync()
    assert phone.unsynced()
    assert other.rows() == {"habits": [], "completions": []}

    both_sync(phone, other)
    assert len(other.rows()["completions"]) == 1
    assert other.rows() == phone.rows()


def test_a_push_whose_answer_never_arrives_is_repeated_and_doubles_nothing(phone: Phone, other: Phone) -> None:
    habit = phone("create_habit", name="Water", kind="counted")
    phone("tick", habit=habit, date=DAY, value=3)

    with pytest.raises(Offline):
        phone.sync(push=["unanswered"] * 4)
    other.sync()
    assert phone.unsynced()
    assert [row["value"] for row in other.rows()["completions"]] == [3]

    both_sync(phone, other)
    assert [row["value"] for row in other.rows()["completions"]] == [3]
    assert other.rows() == phone.rows()
    assert not phone.unsynced()


def test_a_push_that_is_repeated_does_not_undo_what_another_phone_did_meanwhile(phone: Phone, other: Phone) -> None:
    habit = phone("create_habit", name="Run")
    both_sync(phone, other)
    cell = phone("tick", habit=habit, date=DAY)
    with pytest.raises(Offline):
        phone.sync(push=["unanswered"] * 4)
    other.sync()
    other("tick", habit=habit, date=DAY, value=0)
    other.sync()

    both_sync(phone, other)

    assert phone.value(cell) == other.value(cell) == 0


def test_a_pull_whose_answer_never_arrives_is_repeated_from_where_the_phone_was(phone: Phone, other: Phone) -> None:
    phone("create_habit", name="Run")
    phone.sync()
    with pytest.raises(Offline):
        other.sync(pull=["unanswered"] * 4)
    assert other("dump")["cursor"] is None

    both_sync(phone, other)

    assert other.rows() == phone.rows()


@pytest.mark.parametrize("request_", ["push", "pull"])
def test_a_phone_that_dies_after_the_server_answered_goes_on_from_its_file(
    phone: Phone, other: Phone, request_: str
) -> None:
    habit = phone("create_habit", name="Water", kind="counted")
    phone("tick", habit=habit, date=DAY, value=3)
    with pytest.raises(PhoneDied):
        phone.sync(**{request_: ["killed"]})

    phone.restart()
    phone("tick", habit=habit, date=DAY, value=5)
    both_sync(phone, other)

    assert [row["value"] for row in other.rows()["completions"]] == [5]
    assert other.rows() == phone.rows()
    assert not phone.unsynced()


def test_what_a_killed_phone_had_not_synced_is_in_its_file(phone: Phone, other: Phone) -> None:
    habit = phone("create_habit", name="Run")
    phone.sync()
    phone("tick", habit=habit, date=DAY)
    phone("edit", table="habits", id=habit, name="Jog")

    phone.restart()
    both_sync(phone, other)

    assert other.habit(habit)["name"] == "Jog"
    assert [row["value"] for row in other.rows()["completions"]] == [1]
