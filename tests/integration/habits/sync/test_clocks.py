"""Phones whose clocks are wrong, and edits that arrive late: the stamp of an edit decides, within bounds."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from rest_framework.test import APIClient

from habits.models import Completion, Habit, SyncDevice, User
from tests.integration.habits.phones import NOW, Phone, edit, habit, names, problems, tick, values

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

NOON = NOW + 7_200_000
"""The server's time in these tests, in milliseconds."""
MINUTE, YEAR = 60_000, 365 * 86_400_000
CLOCK_IN_1970 = 86_400_000


@pytest.fixture
def a(user: User) -> Phone:
    """A phone of a person who has a habit, “walk”, with one day, both as of `NOW`."""
    phone = Phone(user, "phone-a")
    phone.push(habits=[habit()], completions=[tick()])
    return phone


@pytest.fixture
def b(user: User) -> Phone:
    return Phone(user, "phone-b")


def updated(phone: Phone, table: str = "completions") -> int:
    """The stamp of the one row that a new phone pulls."""
    (row,) = Phone(phone.user, "new").pull()["changes"][table]["updated"]
    return int(row["updated_at"])


# --- Ahead -----------------------------------------------------------------------------------------------------------

STAMPS: list[tuple[Any, int, bool]] = [
    (NOON - YEAR, NOON - YEAR, False),
    (NOON, NOON, False),
    (NOON + MINUTE, NOON + MINUTE, False),
    (NOON + MINUTE + 1, NOON, True),
    (NOON + YEAR, NOON, True),
    (8_640_000_000_000_001, NOON, True),
    (10**30, NOON, True),
    (1e300, NOON, True),
    (float(NOON), NOON, False),
    (None, NOON, False),
]


@pytest.mark.parametrize(("stamp", "kept", "told"), STAMPS)
def test_a_stamp_from_the_future_becomes_that_of_the_arrival(user: User, stamp: Any, kept: int, told: bool) -> None:
    phone = Phone(user)
    answer = phone.push(habits=[habit(at=stamp)], completions=[tick(at=stamp)])
    assert problems(answer) == []
    assert (updated(phone, "habits"), updated(phone)) == (kept, kept)
    assert [row["updated_at"] for row in answer["changes"]["completions"]["updated"]] == ([kept] if told else [])
    assert [row["updated_at"] for row in answer["changes"]["habits"]["updated"]] == ([kept] if told else [])


def test_a_stamp_that_is_missing_is_that_of_the_arrival(a: Phone) -> None:
    row = {name: value for name, value in tick(value=0).items() if name != "updated_at"}
    a.push(completions=[row])
    assert updated(a) == NOON


def test_a_clock_a_year_ahead_does_not_hold_a_day_for_a_year(a: Phone, b: Phone) -> None:
    a.push(completions=[tick(value=0, at=NOON + YEAR)], habits=[edit(habit(), NOON + YEAR, name="Ahead")])
    b.push(completions=[tick(value=1, at=NOON + 1)], habits=[edit(habit(), NOON + 1, name="Later")])
    answer = a.pull()
    assert (values(answer), names(answer)) == ([1], {"walk": "Later"})


def test_a_phone_that_is_ahead_pulls_its_rows_with_the_stamps_that_stand(a: Phone) -> None:
    a.pull()
    a.push(completions=[tick(value=0, at=NOON + YEAR)])
    (row,) = a.pull()["changes"]["completions"]["updated"]
    assert (row["value"], row["updated_at"]) == (0, NOON)


def test_the_server_remembers_how_far_ahead_a_phone_is(a: Phone) -> None:
    a.push(completions=[tick(at=NOON + YEAR), tick(day="2025-12-31", at=NOON)])
    assert SyncDevice.objects.get().skew_ms == YEAR


@pytest.mark.parametrize(("tapped", "kept"), [(NOW, NOW), (NOON + YEAR, NOON), (10**30, NOON), (None, None)])
def test_the_instant_of_a_tap_is_never_in_the_future(a: Phone, tapped: int | None, kept: int | None) -> None:
    a.push(completions=[tick(at=NOON, recorded_at=tapped, zone="Asia/Tokyo")])
    row = Completion.objects.get()
    assert row.recorded_zone == "Asia/Tokyo"
    assert (row.recorded_at and round(row.recorded_at.timestamp() * 1000)) == kept


# --- Behind ----------------------------------------------------------------------------------------------------------


def test_a_clock_in_1970_wins_over_what_the_phone_had_seen(a: Phone, b: Phone) -> None:
    (seen,) = b.pull()["changes"]["completions"]["updated"]
    b.push(completions=[edit(seen, max(CLOCK_IN_1970, seen["updated_at"] + 1), value=0)])
    assert values(a.pull()) == [0]


def test_a_clock_in_1970_loses_to_what_the_phone_had_not_seen(a: Phone, b: Phone) -> None:
    (seen,) = b.pull()["changes"]["completions"]["updated"]
    a.push(completions=[edit(tick(), NOW + 100, note="Rain", value=1)])
    answer = b.push(completions=[edit(seen, max(CLOCK_IN_1970, seen["updated_at"] + 1), value=0)])
    assert values(answer) == [1]
    assert [row["note"] for row in answer["changes"]["completions"]["updated"]] == ["Rain"]


def test_a_new_row_of_a_clock_in_1970_loses_to_the_row_that_is_there(a: Phone, b: Phone) -> None:
    answer = b.push(completions=[tick(value=0, at=CLOCK_IN_1970)], habits=[habit(at=CLOCK_IN_1970, name="Old")])
    assert (values(answer), names(answer)) == ([1], {"walk": "Walk"})
    assert problems(answer) == []


def test_an_edit_that_arrives_a_year_late_keeps_its_stamp_and_its_place(a: Phone, b: Phone) -> None:
    late = tick(value=0, at=NOW - YEAR, day="2025-01-01")
    a.push(completions=[tick(day="2025-01-01", at=NOW - YEAR + 1)])
    assert values(b.push(completions=[late, tick(day="2025-01-02", at=NOW - YEAR)])) == [1]
    assert Completion.objects.get(day="2025-01-02").value_ms == NOW - YEAR


# --- Which of two ----------------------------------------------------------------------------------------------------

EDITS = [("phone-b", NOW + 5, 2.0), ("phone-a", NOW + 5, 3.0), ("phone-c", NOW + 4, 4.0), ("phone-b", NOW + 1, 5.0)]


def test_the_latest_stamp_stands_and_then_the_greater_device_in_whatever_order_they_arrive(user: User) -> None:
    orders = {f"walk-{n}": order for n, order in enumerate(permutations(EDITS))}  # a habit for each
    Phone(user).push(habits=[habit(name, kind="measured") for name in orders])
    for turn in range(len(EDITS)):
        for arriving in EDITS:
            device, stamp, value = arriving
            walks = [name for name, order in orders.items() if order[turn] == arriving]
            Phone(user, device).push(
                completions=[tick(walk, value=value, at=stamp) for walk in walks],
                habits=[edit(habit(walk), stamp, name=device) for walk in walks],
            )
    answer = Phone(user).pull()
    assert len(orders) == 24
    assert (values(answer), names(answer)) == ([2] * 24, dict.fromkeys(orders, "phone-b"))


def test_the_server_goes_after_every_stamp_that_it_has_seen(a: Phone, api: APIClient) -> None:
    a.push(completions=[tick(value=0, at=NOON + MINUTE)], habits=[edit(habit(), NOON + MINUTE, name="Mine")])
    assert api.put("/api/v1/habits/walk/completions/2026-01-01", {"value": 1}).status_code == 200
    assert api.patch("/api/v1/habits/walk", {"name": "Server"}).status_code == 200
    answer = a.pull()
    assert (values(answer), names(answer)) == ([1], {"walk": "Server"})
    assert updated(a) > NOON + MINUTE
    assert Habit.objects.get().stamps["name"] == [NOON + MINUTE + 2, "server"]
