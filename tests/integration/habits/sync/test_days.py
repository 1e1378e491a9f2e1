"""What phones record, offline and in any order, and what all of them show when they have synced."""

from __future__ import annotations

from datetime import date
from itertools import permutations
from typing import Any

import pytest
from rest_framework.test import APIClient

from habits.models import Completion, LostText, User
from tests.integration.habits.phones import NOW, Phone, edit, gone, habit, names, problems, tick, values

pytestmark = pytest.mark.django_db


@pytest.fixture
def phones(user: User) -> tuple[Phone, Phone]:
    return Phone(user, "phone-a"), Phone(user, "phone-b")


def shown(api: APIClient) -> Any:
    """What the day comes to, over REST."""
    (record,) = api.get("/api/v1/habits/walk/completions?from=2026-01-01&to=2026-01-01").json()["results"]
    return record["value"], record["skipped"]


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


# --- Columns ---------------------------------------------------------------------------------------------------------

EVERYTHING = habit(
    "run",
    question="Did you run?",
    notes="Far\nand fast",
    category="Sport",
    color="#12abEF",
    kind="measured",
    freq_num=3,
    freq_den=7,
    weekdays=0b0011111,
    target_type="at_most",
    target_value=2.5,
    unit="km",
    reminder_time="07:30",
    reminder_weekdays=0,
    position=-1.5,
    archived=True,
)
DAY = tick(
    *("run", "2024-02-29", 5.25),
    skipped=False,
    note="Rain 🌧",
    recorded_at=NOW - 5,
    zone="Pacific/Kiritimati",
    device="",
)


def test_every_column_comes_back_as_it_was_pushed(phones: tuple[Phone, Phone]) -> None:
    a, b = phones
    a.push(habits=[EVERYTHING], completions=[DAY])
    changes = b.pull()["changes"]
    ((row,), (day,)) = (changes[table]["updated"] for table in ("habits", "completions"))
    assert row == {**EVERYTHING, "created_at": row["created_at"]}
    assert day == {**DAY, "created_at": day["created_at"]}


@pytest.mark.parametrize("value", [0, 1, 0.1, 2.5, -3, 1_000_000_000_000, 123_456_789.125, None])
def test_amounts_come_back_as_numbers(phones: tuple[Phone, Phone], value: Any) -> None:
    a, b = phones
    a.push(habits=[habit(kind="measured")], completions=[tick(value=value)])
    assert values(b.pull()) == [value]


# --- Ticks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_day_that_is_ticked_unticked_and_ticked_again_is_ticked(
    phones: tuple[Phone, Phone], order: tuple[int, ...]
) -> None:
    a, b = phones
    a.push(habits=[habit()])
    edits = [tick(value=1, at=NOW), tick(value=0, at=NOW + 1), tick(value=1, at=NOW + 2)]
    for number in order:
        (a, b)[number % 2].push(completions=[edits[number]])
    assert values(a.pull()) == values(b.pull()) == [1]


def test_a_tick_here_and_an_untick_there_have_the_later_stand_on_both(phones: tuple[Phone, Phone]) -> None:
    a, b = phones
    a.push(habits=[habit()], completions=[tick()])
    (row,) = b.pull()["changes"]["completions"]["updated"]
    b.push(completions=[edit(row, NOW + 20, value=0)])
    a.push(completions=[edit(row, NOW + 10, value=1)])
    assert values(a.pull()) == values(b.pull()) == [0]


def test_a_day_keeps_skip_and_value_together_and_its_note_apart(phones: tuple[Phone, Phone]) -> None:
    a, b = phones
    a.push(habits=[habit()], completions=[tick(note="")])
    (row,) = a.pull()["changes"]["completions"]["updated"]
    b.push(completions=[edit(row, NOW + 20, note="Rain")])
    a.push(completions=[edit(row, NOW + 10, skipped=True, value=None)])
    assert [(row["value"], row["skipped"], row["note"]) for row in a.pull()["changes"]["completions"]["updated"]] == [
        (None, True, "Rain")
    ]
    (row,) = Completion.objects.all()
    assert (row.value_ms, row.value_device, row.note_ms, row.note_device) == (NOW + 10, "phone-a", NOW + 20, "phone-b")


def test_a_skip_outranks_the_value_that_comes_with_it(phones: tuple[Phone, Phone]) -> None:
    a, b = phones
    answer = a.push(habits=[habit()], completions=[tick(value=1, skipped=True)])
    assert values(answer) == values(b.pull()) == [None]


def test_a_day_that_was_skipped_and_then_ticked_is_ticked(phones: tuple[Phone, Phone], api: APIClient) -> None:
    a, b = phones
    a.push(habits=[habit()], completions=[tick(value=None, skipped=True)])
    (row,) = b.pull()["changes"]["completions"]["updated"]
    b.push(completions=[edit(row, NOW + 1, skipped=False, value=1)])
    assert shown(api) == (1, False)


def test_of_two_amounts_the_later_stands_and_not_the_larger(phones: tuple[Phone, Phone], api: APIClient) -> None:
    a, b = phones
    a.push(habits=[habit(kind="measured")], completions=[tick(value=5.5, at=NOW)])
    b.push(completions=[tick(value=2, at=NOW + 1)])
    assert shown(api) == (2, False)


def test_the_note_that_lost_is_kept_for_support(phones: tuple[Phone, Phone]) -> None:
    a, b = phones
    a.push(habits=[habit()], completions=[tick(note="Rain", at=NOW + 1)])
    b.push(completions=[tick(note="Sun", at=NOW)])
    lost = LostText.objects.get()
    assert (lost.field, lost.lost, lost.lost_device, lost.kept, lost.kept_device) == (
        *("note", "Sun", "phone-b"),
        *("Rain", "phone-a"),
    )
    assert lost.day == date(2026, 1, 1)


def test_a_note_that_a_phone_replaces_in_sight_is_not_lost(phones: tuple[Phone, Phone]) -> None:
    a, b = phones
    a.push(habits=[habit()], completions=[tick(note="Rain")])
    (row,) = b.pull()["changes"]["completions"]["updated"]
    b.push(completions=[edit(row, NOW + 1, note="Sun")])
    assert not LostText.objects.exists()


# --- Identifiers of days ---------------------------------------------------------------------------------------------


def test_a_day_that_two_phones_named_alike_is_one(phones: tuple[Phone, Phone]) -> None:
    a, b = phones
    a.push(habits=[habit()], completions=[tick()])
    b.push(completions=[tick(value=0, at=NOW + 1)])
    assert Completion.objects.count() == 1


def test_another_identifier_of_a_day_is_merged_into_the_one_it_has_and_deleted_from_phones(
    phones: tuple[Phone, Phone],
) -> None:
    a, b = phones
    a.push(habits=[habit()], completions=[tick()])
    a.pull(), b.pull()
    answer = b.push(completions=[{**tick(value=0, at=NOW + 1), "id": "mine"}])
    assert problems(answer) == []
    assert gone(answer) == ["mine"]
    for phone in (a, b):
        pulled = phone.pull()
        assert (values(pulled), gone(pulled)) == ([0], ["mine"])
    assert gone(a.pull()) == []


# --- Days of travellers ----------------------------------------------------------------------------------------------

TRAVEL = [
    ("2026-03-29", "Europe/Berlin", "the day that has 23 hours"),
    ("2025-10-26", "Europe/Berlin", "the day that has 25"),
    ("2024-02-29", "America/New_York", "the day that only leap years have"),
    ("2026-01-02", "Pacific/Kiritimati", "tomorrow, west of the date line"),
    ("2025-12-31", "Pacific/Pago_Pago", "yesterday, east of it"),
    ("2011-12-30", "Pacific/Apia", "a day that this zone never had"),
    ("2025-06-01", "Mars/Olympus", "a zone that is not there"),
]


@pytest.mark.parametrize(("day", "zone", "_why"), TRAVEL)
def test_a_day_is_the_one_that_the_phone_showed_wherever_it_was(
    phones: tuple[Phone, Phone], user: User, day: str, zone: str, _why: str
) -> None:
    a, b = phones
    User.objects.filter(pk=user.pk).update(timezone="Asia/Tokyo")
    a.push(habits=[habit()], completions=[tick(day=day, zone=zone, recorded_at=NOW)])
    (row,) = b.pull()["changes"]["completions"]["updated"]
    assert (row["date"], row["zone"], row["recorded_at"]) == (day, zone, NOW)


def test_a_day_that_two_phones_ticked_in_two_zones_is_one_day(phones: tuple[Phone, Phone]) -> None:
    a, b = phones
    a.push(habits=[habit()], completions=[tick(zone="Asia/Tokyo")])
    b.push(completions=[tick(zone="Pacific/Honolulu", at=NOW + 19 * 3_600_000)])
    assert values(a.pull()) == [1]
    assert names(b.pull()) == {"walk": "Walk"}
