"""What one phone does, another shows."""

from __future__ import annotations

from datetime import date, timedelta

from tests.clients.phone import NewPhone, Phone, both_sync

WEEK = [date(2026, 3, 2) + timedelta(days=number) for number in range(7)]

HABIT = {
    "name": "Run",
    "question": "Did you run today?",
    "notes": "Slowly at first.\nWith “Ada” 🏃",
    "category": "Health",
    "color": "#ff8800",
    "kind": "measured",
    "freq_num": 3,
    "freq_den": 7,
    "weekdays": 0b0010101,
    "target_type": "at_most",
    "target_value": 12.5,
    "unit": "km",
    "reminder_time": "06:30",
    "reminder_weekdays": 0b0000101,
    "position": 2.5,
    "archived": False,
}


def test_every_column_of_a_habit_and_a_completion_arrives_on_the_other_phone(phone: Phone, other: Phone) -> None:
    habit = phone("create_habit", **HABIT)
    cell = phone("tick", habit=habit, date="2026-03-01", value=7.25, note="Along the river", zone="Europe/Berlin")
    skip = phone("tick", habit=habit, date="2026-03-02", value=None, skipped=True)

    both_sync(phone, other)

    assert other.rows() == phone.rows()
    assert {name: other.habit(habit)[name] for name in HABIT} == HABIT
    rows = {row["id"]: row for row in other.rows()["completions"]}
    assert (rows[cell]["value"], rows[cell]["note"], rows[cell]["zone"]) == (7.25, "Along the river", "Europe/Berlin")
    assert (rows[skip]["value"], rows[skip]["skipped"]) == (None, True)


def test_the_phone_has_nothing_to_push_after_a_sync_and_asks_only_for_what_is_new(phone: Phone) -> None:
    phone("create_habit", name="Run")

    first, second = phone.sync(), phone.sync()

    assert [request["kind"] for request in first] == ["pull", "push"]
    assert [request["kind"] for request in second] == ["pull"]
    assert not phone.unsynced()


def test_a_day_ticked_on_two_phones_is_one_completion(phone: Phone, other: Phone) -> None:
    habit = phone("create_habit", name="Run")
    both_sync(phone, other)

    cells = {each("tick", habit=habit, date="2026-03-01") for each in (phone, other)}
    both_sync(phone, other)

    assert [row["id"] for row in phone.rows()["completions"]] == [*cells]
    assert other.rows() == phone.rows()


def test_a_week_offline_with_three_hundred_ticks_arrives_whole(phone: Phone, new_phone: NewPhone) -> None:
    habits = [phone("create_habit", name=f"Habit {number}", position=number) for number in range(43)]
    for habit in habits:
        for day in WEEK:
            phone("tick", habit=habit, date=day.isoformat())
    phone("tick", habit=habits[0], date=WEEK[0].isoformat(), value=0)

    phone.sync()
    bought_today = new_phone()
    both_sync(bought_today, phone)

    completions = bought_today.rows()["completions"]
    assert len(completions) == 301
    assert sum(row["value"] for row in completions) == 300
    assert bought_today.rows() == phone.rows()


def test_what_is_too_much_for_one_push_goes_in_several(phone: Phone, other: Phone) -> None:
    habit = phone("create_habit", name="Write")
    for number in range(40):
        phone("tick", habit=habit, date=(WEEK[0] + timedelta(days=number)).isoformat(), note="x" * 20_000)

    pushes = [request for request in phone.sync() if request["kind"] == "push"]
    both_sync(phone, other)

    assert len(pushes) == 2
    assert len({push["key"] for push in pushes}) == 2
    assert other.rows() == phone.rows()
