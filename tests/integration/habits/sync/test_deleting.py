"""What phones delete: habits disappear with their days and can be brought back, days are merely undone."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from habits import services
from habits.models import Completion, Habit, User
from tests.integration.habits.phones import NOW, Phone, edit, gone, habit, names, problems, stored, tick, values

pytestmark = pytest.mark.django_db

DAYS = [tick(day=f"2025-12-0{number}", note=f"note {number}") for number in range(1, 4)]
IDS = sorted(day["id"] for day in DAYS)


@pytest.fixture
def phones(user: User) -> tuple[Phone, Phone]:
    """Two phones that both have a habit, “walk”, with three days."""
    phones = Phone(user, "phone-a"), Phone(user, "phone-b")
    phones[0].push(habits=[habit()], completions=DAYS)
    for phone in phones:
        phone.pull()
    return phones


def restore(user: User) -> None:
    services.restore_habit(user=user, client_id="walk")


# --- Habits ----------------------------------------------------------------------------------------------------------


def test_a_habit_that_one_phone_deletes_goes_from_the_other_with_its_days(phones: tuple[Phone, Phone]) -> None:
    a, b = phones
    assert problems(a.push(deleted=[("habits", "walk")])) == []
    answer = b.pull()
    assert (gone(answer, "habits"), gone(answer)) == (["walk"], IDS)
    assert (names(answer), values(answer)) == ({}, [])
    assert names(Phone(a.user, "new").pull()) == {}
    assert gone(Phone(a.user, "newer").pull()) == []


def test_deleting_twice_is_deleting_once(phones: tuple[Phone, Phone]) -> None:
    a, b = phones
    a.push(deleted=[("habits", "walk")])
    b.push(deleted=[("habits", "walk"), ("habits", "walk")])
    assert names(b.pull()) == {}
    assert Habit.objects.get().deleted


@pytest.mark.parametrize("late", [False, True])
def test_a_habit_that_is_deleted_here_and_edited_there_stays_deleted_and_has_the_edit_when_it_is_back(
    phones: tuple[Phone, Phone], user: User, late: bool
) -> None:
    a, b = phones

    def delete() -> None:
        a.push(deleted=[("habits", "walk")])

    def rename() -> None:
        b.push(habits=[edit(habit(), NOW + 1, name="Stroll")], completions=[edit(DAYS[0], NOW + 1, note="New")])

    for act in (delete, rename) if late else (rename, delete):
        act()
    answer = b.pull()
    assert (names(answer), gone(answer, "habits"), gone(answer)) == ({}, ["walk"], IDS)
    restore(user)
    for phone in phones:
        back = phone.pull()
        assert names(back) == {"walk": "Stroll"}
        notes = [row["note"] for row in sorted(back["changes"]["completions"]["updated"], key=lambda row: row["date"])]
        assert notes == ["New", "note 2", "note 3"]
        assert (gone(back, "habits"), gone(back)) == ([], [])


def test_a_day_of_a_habit_that_was_deleted_meanwhile_is_kept_out_of_sight_and_comes_back(
    phones: tuple[Phone, Phone], user: User
) -> None:
    a, b = phones
    a.push(deleted=[("habits", "walk")])
    day = tick(day="2025-12-04")
    answer = b.push(completions=[day])
    assert problems(answer) == []
    assert gone(b.pull()) == sorted([*IDS, day["id"]])
    restore(user)
    assert values(b.pull()) == [1, 1, 1, 1]


def test_a_phone_hides_and_shows_a_habit_by_its_column(phones: tuple[Phone, Phone]) -> None:
    a, b = phones
    a.push(habits=[edit(habit(), NOW + 1, deleted=True)])
    assert gone(b.pull(), "habits") == ["walk"]
    b.push(habits=[edit(habit(), NOW + 2, deleted=False)])
    assert (names(a.pull()), len(values(Phone(a.user, "new").pull()))) == ({"walk": "Walk"}, 3)


def test_a_restore_that_is_older_than_the_deletion_restores_nothing(phones: tuple[Phone, Phone]) -> None:
    a, b = phones
    a.push(deleted=[("habits", "walk")])
    b.push(habits=[edit(habit(), NOW + 1, deleted=False)])
    assert Habit.objects.get().deleted


def test_a_habit_that_is_deleted_over_rest_goes_from_phones_and_comes_back_over_rest(
    phones: tuple[Phone, Phone], api: APIClient
) -> None:
    a, _ = phones
    assert api.delete("/api/v1/habits/walk").status_code == 204
    answer = a.pull()
    assert (gone(answer, "habits"), gone(answer)) == (["walk"], IDS)
    assert api.post("/api/v1/habits/walk/restore").status_code == 200
    answer = a.pull()
    assert (names(answer), len(values(answer))) == ({"walk": "Walk"}, 3)


def test_a_habit_that_is_made_and_deleted_before_the_first_push_is_not_there(user: User) -> None:
    phone = Phone(user)
    phone.push(habits=[habit()], completions=[tick()], deleted=[("habits", "walk")])
    assert (names(phone.pull()), Habit.objects.get().deleted) == ({}, True)


UNKNOWN = ["nowhere", "", "a/b", "x" * 1_000, "лес", "walk"]


@pytest.mark.parametrize("name", UNKNOWN)
def test_deleting_a_day_that_is_not_there_is_no_error(phones: tuple[Phone, Phone], name: str) -> None:
    a, _ = phones
    before = {table: rows for table, rows in stored().items() if table in ("Habit", "Completion", "SyncState")}
    assert problems(a.push(deleted=[("completions", name)])) == []
    assert {table: stored()[table] for table in before} == before


@pytest.mark.parametrize("name", UNKNOWN[:-1])
def test_deleting_a_habit_that_is_not_there_is_no_error(phones: tuple[Phone, Phone], name: str) -> None:
    a, _ = phones
    before = {table: rows for table, rows in stored().items() if table in ("Habit", "Completion", "SyncState")}
    assert problems(a.push(deleted=[("habits", name)])) == []
    assert {table: stored()[table] for table in before} == before


# --- Days ------------------------------------------------------------------------------------------------------------


def test_a_day_that_a_phone_deletes_is_undone_and_keeps_its_note(phones: tuple[Phone, Phone]) -> None:
    a, b = phones
    a.push(deleted=[("completions", DAYS[0]["id"])])
    (row,) = b.pull()["changes"]["completions"]["updated"]
    assert (row["id"], row["value"], row["note"]) == (DAYS[0]["id"], 0, "note 1")
    assert row["updated_at"] > NOW


def test_the_phone_that_deleted_a_day_is_told_that_it_is_merely_undone(phones: tuple[Phone, Phone]) -> None:
    a, _ = phones
    a.push(deleted=[("completions", DAYS[0]["id"])])
    assert [row["value"] for row in a.pull()["changes"]["completions"]["updated"]] == [0]


def test_a_day_that_was_deleted_is_recorded_again_by_a_later_edit(phones: tuple[Phone, Phone]) -> None:
    a, b = phones
    a.push(deleted=[("completions", DAYS[0]["id"])])
    (row,) = b.pull()["changes"]["completions"]["updated"]
    b.push(completions=[edit(row, row["updated_at"] + 1, value=1)])
    assert [row["value"] for row in a.pull()["changes"]["completions"]["updated"]] == [1]


def test_a_day_that_is_recorded_and_deleted_in_one_push_is_undone(phones: tuple[Phone, Phone]) -> None:
    a, _ = phones
    day = tick(day="2025-12-04")
    a.push(completions=[day], deleted=[("completions", day["id"])])
    assert Completion.objects.get(client_id=day["id"]).value == 0


def test_a_day_that_a_phone_deletes_under_another_identifier_is_undone(phones: tuple[Phone, Phone]) -> None:
    a, b = phones
    other = {**DAYS[0], "id": "mine", "updated_at": NOW + 1}
    b.push(completions=[other])
    b.push(deleted=[("completions", "mine")])
    assert Completion.objects.get(client_id=DAYS[0]["id"]).value == 0
    assert gone(a.pull()) == ["mine"]


def test_a_share_of_a_count_that_is_deleted_takes_back_that_share_alone(user: User) -> None:
    a, b = Phone(user, "phone-a"), Phone(user, "phone-b")
    shares = [tick(value=2, device=phone.device) for phone in (a, b)]
    a.push(habits=[habit(kind="counted")], completions=shares)
    b.push(deleted=[("completions", shares[1]["id"])])
    assert values(a.pull()) == [2, 0]
