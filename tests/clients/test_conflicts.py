"""Two phones change the same thing while neither is online. Whichever syncs first, both end up the same."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clients.phone import Phone, both_sync

NOON = 1_772_366_400_000
"""2026-03-01 12:00 UTC in milliseconds; the server takes any time that is past."""
DAY = "2026-03-01"


@pytest.fixture(params=["the first phone syncs first", "the second phone syncs first"])
def meet(request: pytest.FixtureRequest, phone: Phone, other: Phone) -> Any:
    """Let both phones sync, in either order, and check that they show the same."""
    order = (phone, other) if "first phone" in request.param else (other, phone)

    def sync() -> None:
        both_sync(*order)
        assert phone.rows() == other.rows()

    return sync


@pytest.fixture
def habit(phone: Phone, other: Phone) -> str:
    """A habit that both phones have."""
    phone("clock", at=NOON - 3_600_000)
    identifier = phone("create_habit", name="Run")
    both_sync(phone, other)
    return identifier


def at(phone: Phone, minutes: int) -> Phone:
    """Set a phone's clock to minutes after noon."""
    phone("clock", at=NOON + minutes * 60_000)
    return phone


def test_the_later_of_tick_and_untick_stands(phone: Phone, other: Phone, habit: str, meet: Any) -> None:
    cell = at(phone, 0)("tick", habit=habit, date=DAY)
    at(other, 30)("tick", habit=habit, date=DAY, value=0)

    meet()

    assert phone.value(cell) == 0


def test_a_tick_after_an_untick_that_this_phone_has_not_seen_stands(
    phone: Phone, other: Phone, habit: str, meet: Any
) -> None:
    cell = at(phone, 0)("tick", habit=habit, date=DAY)
    meet()
    at(other, 10)("tick", habit=habit, date=DAY, value=0)
    at(phone, 20)("tick", habit=habit, date=DAY, value=0)
    at(phone, 21)("tick", habit=habit, date=DAY, value=1)

    meet()

    assert phone.value(cell) == 1


def test_a_rename_here_and_archiving_there_both_stand(phone: Phone, other: Phone, habit: str, meet: Any) -> None:
    at(phone, 0)("edit", table="habits", id=habit, name="Jog")
    at(other, 30)("edit", table="habits", id=habit, archived=True)

    meet()

    assert (phone.habit(habit)["name"], phone.habit(habit)["archived"]) == ("Jog", True)


def test_the_later_of_two_names_stands(phone: Phone, other: Phone, habit: str, meet: Any) -> None:
    at(phone, 30)("edit", table="habits", id=habit, name="Jog")
    at(other, 0)("edit", table="habits", id=habit, name="Walk")

    meet()

    assert other.habit(habit)["name"] == "Jog"


def test_what_was_counted_on_two_phones_adds_up(phone: Phone, other: Phone, meet: Any) -> None:
    glasses = phone("create_habit", name="Water", kind="counted")
    meet()
    phone("tick", habit=glasses, date=DAY, value=3)
    other("tick", habit=glasses, date=DAY, value=4)
    other("tick", habit=glasses, date=DAY, value=2)

    meet()

    assert sorted(row["value"] for row in phone.rows()["completions"]) == [2, 3]


def test_of_two_distances_the_later_stands(phone: Phone, other: Phone, meet: Any) -> None:
    distance = phone("create_habit", name="Run", kind="measured", unit="km")
    meet()
    cell = at(phone, 0)("tick", habit=distance, date=DAY, value=2)
    at(other, 1)("tick", habit=distance, date=DAY, value=5.5)

    meet()

    assert phone.value(cell) == 5.5


def test_a_clock_a_year_ahead_does_not_hold_a_day_for_a_year(phone: Phone, other: Phone, habit: str) -> None:
    phone("clock", offset=365 * 86_400_000)
    cell = phone("tick", habit=habit, date=DAY)
    both_sync(phone, other)
    other("clock", offset=60_000)  # a minute later
    other("tick", habit=habit, date=DAY, value=0)

    both_sync(other, phone)

    assert phone.value(cell) == other.value(cell) == 0


def test_a_clock_in_1970_wins_over_what_the_phone_had_seen(phone: Phone, other: Phone, habit: str) -> None:
    cell = phone("tick", habit=habit, date=DAY)
    both_sync(phone, other)
    other("clock", at=86_400_000)
    other("tick", habit=habit, date=DAY, value=0)

    both_sync(other, phone)

    assert phone.value(cell) == other.value(cell) == 0
    assert phone.rows() == other.rows()


def test_a_deleted_habit_goes_from_both_phones_with_its_days(phone: Phone, other: Phone, habit: str, meet: Any) -> None:
    other("tick", habit=habit, date=DAY)
    meet()
    phone("delete_habit", id=habit)
    other("tick", habit=habit, date="2026-03-02")
    other("edit", table="habits", id=habit, name="Jog")

    meet()

    assert phone.rows() == {"habits": [], "completions": []}
    assert not other.unsynced()
