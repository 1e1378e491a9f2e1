"""Older and newer versions of the app, and a server whose database was restored from a backup."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from habits.merging import allow_erasing
from habits.models import Completion, Habit, User
from tests.clients.phone import NewPhone, Phone, both_sync

DAY, NEXT_DAY = "2026-03-01", "2026-03-02"


def test_a_new_version_of_the_app_fetches_the_column_that_the_old_one_did_not_know(
    phone: Phone, new_phone: NewPhone
) -> None:
    sorted_in = phone("create_habit", name="Run", category="Health")
    plain = phone("create_habit", name="Read")
    old = new_phone(version=1)
    both_sync(phone, old)
    assert "category" not in old.habit(sorted_in)

    old.restart(version=2)
    assert old.habit(sorted_in)["category"] == ""
    old.sync()

    assert old.habit(sorted_in)["category"] == "Health"
    assert old.habit(plain)["category"] == ""
    assert old.rows() == phone.rows()


def test_an_upgrade_keeps_and_pushes_what_was_not_synced(phone: Phone, new_phone: NewPhone) -> None:
    habit = phone("create_habit", name="Run", category="Health")
    old = new_phone(version=1)
    both_sync(phone, old)
    old("edit", table="habits", id=habit, name="Jog")
    cell = old("tick", habit=habit, date=DAY)

    old.restart(version=2)
    old("edit", table="habits", id=habit, archived=True)
    both_sync(old, phone)

    row = phone.habit(habit)
    assert (row["name"], row["category"], row["archived"]) == ("Jog", "Health", True)
    assert phone.value(cell) == 1
    assert old.rows() == phone.rows()


def test_an_old_version_of_the_app_does_not_empty_the_column_that_it_does_not_know(
    phone: Phone, new_phone: NewPhone
) -> None:
    habit = phone("create_habit", name="Run", category="Health")
    old = new_phone(version=1)
    both_sync(phone, old)

    old("edit", table="habits", id=habit, name="Jog")
    both_sync(old, phone)

    assert (phone.habit(habit)["name"], phone.habit(habit)["category"]) == ("Jog", "Health")


@pytest.fixture
def restored(phone: Phone, other: Phone) -> dict[str, str]:
    """A habit with two days, of which a backup that was restored knows but the first; the phones know both."""
    habit = phone("create_habit", name="Run")
    first = phone("tick", habit=habit, date=DAY)
    both_sync(phone, other)
    before = phone("dump")["cursor"]
    second = phone("tick", habit=habit, date=NEXT_DAY)
    both_sync(phone, other)
    with transaction.atomic():
        allow_erasing()
        Completion.objects.filter(client_id=second).delete()
        user = User.objects.get(habits__client_id=habit)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE habits_syncstate SET version = %s WHERE user_id = %s", [before, user.pk])
            cursor.execute("UPDATE habits_syncdevice SET issued = %s WHERE user_id = %s", [before, user.pk])
    return {"habit": habit, "first": first, "second": second}


def test_after_a_backup_was_restored_the_phones_show_what_the_server_has(
    phone: Phone, other: Phone, restored: dict[str, str]
) -> None:
    both_sync(phone, other)

    assert [row["id"] for row in phone.rows()["completions"]] == [restored["first"]]
    assert phone.rows() == other.rows()


def test_after_a_backup_was_restored_what_was_not_pushed_is_kept_and_pushed(
    phone: Phone, other: Phone, restored: dict[str, str]
) -> None:
    habit = restored["habit"]
    phone("tick", habit=habit, date="2026-03-03")
    phone("tick", habit=habit, date=NEXT_DAY, value=0)
    phone("edit", table="habits", id=habit, name="Jog")
    made = other("create_habit", name="Swim")

    both_sync(phone, other)

    days = {row["date"]: row["value"] for row in other.rows()["completions"]}
    assert days == {DAY: 1, NEXT_DAY: 0, "2026-03-03": 1}
    assert (phone.habit(habit)["name"], phone.habit(made)["name"]) == ("Jog", "Swim")
    assert phone.rows() == other.rows()
    assert Habit.objects.filter(client_id__in=[habit, made]).count() == 2
