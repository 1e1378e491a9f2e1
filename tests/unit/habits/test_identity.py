"""Identifiers of days, which every phone works out for itself."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from habits.domain.identity import completion_id

HABIT = "6f1d3a52-0c5e-4f0e-9d6e-2f3a4b5c6d7e"
LEAP_DAY = date(2024, 2, 29)

days = st.dates(date(1970, 1, 1), date(2100, 1, 1))
slots = st.text("ABCabc019_.-", max_size=8)
habits = st.one_of(st.uuids().map(str), st.text("ABCxyz019_.-", min_size=1, max_size=64))


# The vectors are Python's own uuid5 in the habit's namespace; any library for version 5 UUIDs gives the same.
@pytest.mark.parametrize(
    ("habit", "slot", "expected"),
    [
        (HABIT, "", "1661f158-8cba-5e8a-ba5c-8b517b945823"),
        (HABIT.upper(), "", "1661f158-8cba-5e8a-ba5c-8b517b945823"),
        (HABIT, "phone-a", "5ebc7823-ce21-5499-b5c8-4e4eb6450b33"),
        ("run", "", "975d2204-18a9-5852-a724-96d6004c9cdd"),
        ("run", "phone-a", "ddbb8923-196a-5044-8720-900245856a27"),
    ],
    ids=["a day", "capitals", "a device's share", "a habit without UUID", "its device's share"],
)
def test_known_identifiers(habit: str, slot: str, expected: str) -> None:
    assert completion_id(habit, LEAP_DAY, slot) == expected


@given(st.uuids(), days, slots)
def test_a_uuid_is_the_namespace_of_its_days(habit: UUID, day: date, slot: str) -> None:
    name = f"{day:%Y-%m-%d}/{slot}" if slot else f"{day:%Y-%m-%d}"
    assert completion_id(str(habit), day, slot) == str(uuid5(habit, name))


@given(st.text("ghijkl_.-", min_size=1, max_size=64), days, slots)
def test_any_other_identifier_is_first_made_a_uuid(habit: str, day: date, slot: str) -> None:
    namespace = uuid5(UUID("00000000-0000-0000-0000-000000000000"), habit)
    assert completion_id(habit, day, slot) == completion_id(str(namespace), day, slot)


@given(st.lists(st.tuples(habits, days, slots), min_size=2, max_size=2, unique=True))
def test_different_days_have_different_identifiers(cells: list[tuple[str, date, str]]) -> None:
    one, other = (completion_id(*cell) for cell in cells)
    assert one != other
    assert UUID(one).version == 5
