"""Rows of a push that are wrong: each is refused alone, by its id, and the others of the same push are safe."""

from __future__ import annotations

import json
from typing import Any

import pytest

from habits.models import Completion, Habit, SyncPush, User
from tests.integration.habits.phones import NOW, Phone, changes, habit, names, problems, tick, values

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


@pytest.fixture
def phone(user: User) -> Phone:
    """A phone of a person who has a habit, “walk”, with one day."""
    phone = Phone(user)
    phone.push(habits=[habit()], completions=[tick(note="Rain")])
    return phone


def rows() -> list[Any]:
    return [list(model.objects.order_by("pk").values()) for model in (Habit, Completion)]


HUGE = b"1" + b"0" * 400

HABITS = {
    "an id with a slash": ({"id": "a/b"}, "id"),
    "an id with a space": ({"id": "a b"}, "id"),
    "an id that is empty": ({"id": ""}, "id"),
    "an id of 65 letters": ({"id": "x" * 65}, "id"),
    "an id in another script": ({"id": "лес"}, "id"),
    "an id that ends its line": ({"id": "x\n"}, "id"),
    "no name": ({"name": None}, "name"),
    "a name of nothing but NUL": ({"name": "\0"}, "name"),
    "a name that is a number": ({"name": 7}, "name"),
    "a name that is a list": ({"name": ["Run"]}, "name"),
    "a name that is an object": ({"name": {"en": "Run"}}, "name"),
    "a name of 201 characters": ({"name": "x" * 201}, "name"),
    "notes of 20,001 characters": ({"notes": "x" * 20_001}, "notes"),
    "a question of 501 characters": ({"question": "x" * 501}, "question"),
    "a category of 101 characters": ({"category": "x" * 101}, "category"),
    "a unit of 51 characters": ({"unit": "x" * 51}, "unit"),
    "a colour by its name": ({"color": "red"}, "color"),
    "a kind that is not there": ({"kind": "daily"}, "kind"),
    "a target that is not there": ({"target_type": "exactly"}, "target_type"),
    "a target below nothing": ({"target_value": -1}, "target_value"),
    "a target as a text": ({"target_value": "1.00"}, "target_value"),
    "a target that is a truth": ({"target_value": True}, "target_value"),
    "a position that is a text": ({"position": "first"}, "position"),
    "a position beyond a million millions": ({"position": 1e13}, "position"),
    "half a time": ({"freq_num": 0.5}, "freq_num"),
    "no time": ({"freq_num": 0}, "freq_num"),
    "a truth of times": ({"freq_num": True}, "freq_num"),
    "four times in three days": ({"freq_num": 4, "freq_den": 3}, "4 times do not fit into 3 days"),
    "a period of 367 days": ({"freq_den": 367}, "freq_den"),
    "a week without days": ({"weekdays": 0}, "weekdays"),
    "a week of eight days": ({"weekdays": 255}, "weekdays"),
    "a reminder at 25 o'clock": ({"reminder_time": "25:00"}, "reminder_time"),
    "a reminder with seconds": ({"reminder_time": "07:30:00"}, "reminder_time"),
    "a reminder in another script": ({"reminder_time": "٠٧:30"}, "reminder_time"),
    "a reminder that is a number": ({"reminder_time": 730}, "reminder_time"),
    "archived as a number": ({"archived": 1}, "archived"),
    "archived as a text": ({"archived": "true"}, "archived"),
    "deleted as a number": ({"deleted": 1}, "deleted"),
    "a stamp as a text": ({"updated_at": "2026-01-01"}, "updated_at"),
    "a stamp that is a truth": ({"updated_at": True}, "updated_at"),
    "a stamp before 1970": ({"updated_at": -1}, "updated_at"),
}


def test_habits_that_make_no_sense_are_refused_by_their_ids_alone(phone: Phone) -> None:
    rows = [{**habit(f"run-{n}", notes="Far"), **columns} for n, (columns, _) in enumerate(HABITS.values())]
    answer = phone.push(habits=[*rows, habit("swim")])
    assert problems(answer) == [("habits", row["id"], "invalid") for row in rows]
    assert {name: reason for name, (_, reason) in HABITS.items()} == reasons(answer, rows, HABITS)
    assert names(phone.pull()) == {"walk": "Walk", "swim": "Swim"}


DAYS = {
    "a day in 1969": ({"date": "1969-12-31"}, "day_out_of_range", "date"),
    "the day after tomorrow": ({"date": "2026-01-03"}, "day_out_of_range", "date"),
    "the last of all days": ({"date": "9999-12-31"}, "day_out_of_range", "date"),
    "the 30th of February": ({"date": "2026-02-30"}, "invalid", "date"),
    "the 29th of February 2026": ({"date": "2026-02-29"}, "invalid", "date"),
    "a day of the year 0": ({"date": "0000-01-01"}, "invalid", "date"),
    "a day and an hour": ({"date": "2026-01-01T10:00:00Z"}, "invalid", "date"),
    "a day without hyphens": ({"date": "20260101"}, "invalid", "date"),
    "a day by its week": ({"date": "2026-W01"}, "invalid", "date"),
    "a day in other digits": ({"date": "２０２６-01-01"}, "invalid", "date"),
    "a day as a number": ({"date": NOW}, "invalid", "date"),
    "no day": ({"date": None}, "invalid", "date"),
    "no habit": ({"habit_id": None}, "invalid", "habit_id"),
    "a habit that is a number": ({"habit_id": 7}, "invalid", "habit_id"),
    "a habit whose id is none": ({"habit_id": "a/b"}, "invalid", "habit_id"),
    "a habit that is not there": ({"habit_id": "nowhere"}, "unknown_habit", "habit_id"),
    "an id with a slash": ({"id": "a/b"}, "invalid", "id"),
    "a value as a text": ({"value": "1.00"}, "invalid", "value"),
    "a value that is a truth": ({"value": True}, "invalid", "value"),
    "a value that is a list": ({"value": [1]}, "invalid", "value"),
    "a value beyond a million millions": ({"value": -1.1e12}, "invalid", "value"),
    "skipped as a number": ({"skipped": 1}, "invalid", "skipped"),
    "a note of 20,001 characters": ({"note": "x" * 20_001}, "invalid", "note"),
    "a note that is a number": ({"note": 1}, "invalid", "note"),
    "an instant as a text": ({"recorded_at": "10:00"}, "invalid", "recorded_at"),
    "a zone of 65 letters": ({"zone": "x" * 65}, "invalid", "zone"),
    "a device of 65 letters": ({"device": "x" * 65}, "invalid", "device"),
}


def test_days_that_make_no_sense_are_refused_by_their_ids_alone(phone: Phone) -> None:
    fog = [tick(day=f"2025-11-{n:02}", note="Fog") for n in range(1, len(DAYS) + 1)]
    rows = [{**day, **columns} for day, (columns, *_) in zip(fog, DAYS.values(), strict=True)]
    answer = phone.push(completions=[*rows, tick(day="2025-12-30")])
    codes = [code for _, code, _ in DAYS.values()]
    refused = [("completions", row["id"], code) for row, code in zip(rows, codes, strict=True)]
    assert sorted(problems(answer)) == sorted(refused)
    assert {name: reason for name, (_, _, reason) in DAYS.items()} == reasons(answer, rows, DAYS)
    days = phone.pull()["changes"]["completions"]["updated"]  # in no order
    assert sorted((day["date"], day["note"]) for day in days) == [("2025-12-30", ""), ("2026-01-01", "Rain")]


def reasons(answer: Any, rows: list[Any], cases: dict[str, tuple[Any, ...]]) -> dict[str, str]:
    """What was said of each row, as far as its case goes."""
    told = {problem["id"]: problem["detail"] for problem in answer["problems"]}
    return {name: told[row["id"]][: len(case[-1])] for row, (name, case) in zip(rows, cases.items(), strict=True)}


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999", HUGE, b"-" + HUGE])
def test_a_number_that_no_column_can_hold_refuses_its_row(phone: Phone, number: bytes) -> None:
    columns = ("position", "target_value", "weekdays")
    phone.push(habits=[habit(name) for name in columns])
    before = rows()
    wrong = changes(habits=[edit_of(habit(name), name) for name in columns], completions=[edit_of(tick(), "value")])
    body = json.dumps(wrong).encode().replace(b'"?"', number)
    assert problems(phone.send(body).json()) == [
        *(("habits", name, "invalid") for name in columns),
        ("completions", tick()["id"], "invalid"),
    ]
    assert rows() == before


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-1e999"])
def test_a_stamp_that_is_no_instant_refuses_its_row(phone: Phone, number: bytes) -> None:
    before = rows()
    body = json.dumps(changes(completions=[edit_of(tick(), "updated_at")])).encode().replace(b'"?"', number)
    assert [code for *_, code in problems(phone.send(body).json())] == ["invalid"]
    assert rows() == before


def edit_of(row: dict[str, Any], column: str) -> dict[str, Any]:
    """A row with a place for what Python's JSON would not write."""
    return {**row, "updated_at": NOW + 1, column: "?"}


def test_what_is_refused_is_pushed_again_and_taken_once_it_is_right(phone: Phone) -> None:
    day = tick("run")
    assert problems(phone.push(completions=[day])) == [("completions", day["id"], "unknown_habit")]
    assert problems(phone.push(completions=[day], habits=[habit("run")])) == []
    assert values(phone.pull()) == [1, 1]


def test_the_days_of_a_habit_that_is_refused_are_refused_with_it(phone: Phone) -> None:
    day = tick("run")
    answer = phone.push(habits=[habit("run", color="red")], completions=[day])
    assert problems(answer) == [("habits", "run", "invalid"), ("completions", day["id"], "unknown_habit")]


def test_a_new_habit_has_a_name_and_a_known_one_need_not_say_it(phone: Phone) -> None:
    nameless = [{"id": name, "updated_at": NOW + 1, "unit": "km"} for name in ("run", "walk")]
    assert problems(phone.push(habits=nameless)) == [("habits", "run", "invalid")]
    assert Habit.objects.values_list("name", "unit").get() == ("Walk", "km")


def test_columns_that_are_not_synced_are_ignored(phone: Phone, user: User) -> None:
    foreign = {"user_id": 1, "user": "x", "version": 99, "stamps": {}, "completions_version": 7, "source": "admin"}
    assert problems(phone.push(habits=[habit("run", **foreign)], completions=[tick("run", **foreign)])) == []
    row, day = Habit.objects.get(client_id="run"), Completion.objects.get(habit__client_id="run")
    assert (row.user, row.version, row.completions_version, day.user, day.source) == (user, 3, 1, user, "app")


def test_nul_is_dropped_and_the_phone_is_told_what_is_stored(phone: Phone) -> None:
    answer = phone.push(
        habits=[habit("run", at=NOW + 1, notes="a\0b")],
        completions=[tick("run", at=NOW + 1, note="\0Rain\0", zone="\0")],
    )
    assert problems(answer) == []
    assert [row["notes"] for row in answer["changes"]["habits"]["updated"]] == ["ab"]
    assert [row["note"] for row in answer["changes"]["completions"]["updated"]] == ["Rain"]
    assert "\\u0000" not in json.dumps(phone.pull())


def test_amounts_are_kept_to_the_thousandth_and_the_phone_is_told_if_it_had_more(phone: Phone) -> None:
    habits = [habit("run", kind="measured")]
    answer = phone.push(habits=habits, completions=[tick("run", value=2.5), tick("run", "2025-12-31", value=0.12345)])
    assert values(answer) == [0.123]
    assert values(phone.pull()) == [0.123, 2.5, 1]


@pytest.mark.parametrize(
    ("day", "taken"), [("1970-01-01", True), ("2024-02-29", True), ("2026-01-02", True), ("2026-01-03", False)]
)
def test_days_from_1970_to_tomorrow_in_utc_can_be_recorded(phone: Phone, day: str, taken: bool) -> None:
    assert (problems(phone.push(completions=[tick(day=day)])) == []) is taken


def test_texts_as_long_as_may_be_are_kept_whole(phone: Phone) -> None:
    text = "🌧" * 20_000
    phone.push(habits=[habit("run", notes=text, question="x" * 500)], completions=[tick("run", note=text)])
    assert Habit.objects.get(client_id="run").notes == Completion.objects.get(habit__client_id="run").note == text


def test_the_inbox_remembers_what_was_refused_and_why(phone: Phone) -> None:
    answer = phone.push(habits=[habit("run", color="red")])
    push = SyncPush.objects.latest("pk")
    assert (push.problems, push.writes) == (answer["problems"], [])
