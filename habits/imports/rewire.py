"""Reads backups of Rewire: habits with one of three schedules, their check-ins and reminders.

Source of the format: tables of a real backup, and how Loop Habit Tracker 2.3.1 reads it (github.com/iSoron/uhabits).
"""

from __future__ import annotations

import sqlite3
from datetime import date, time

from habits.domain.records import EVERY_DAY
from habits.imports.backup import (
    DEFAULT_COLOR,
    MOST_COMPLETIONS,
    MOST_HABITS,
    TICK,
    ImportedCompletion,
    ImportedHabit,
    derived_uid,
)
from habits.imports.sqlite_file import fetch_at_most
from habits.imports.values import frequency, habit_name, impossible_day, possible_day, text, whole_number

TABLES = frozenset({"habits", "checkins", "reminders", "unit"})
"""Tables by which a backup is recognised, in lower case."""

WEEKDAYS, TIMES_IN_PERIOD, EVERY_SO_MANY_DAYS = 0, 1, 2
"""Kinds of schedule."""

PERIODS = (7, 31, 365)
"""Days of a week, a month and a year, by the number that stands for them."""

DONE = 2
"""The type of a check-in that says the habit was done; others are not counted by Loop either."""

MINUTES_A_DAY = 1_440


def read(connection: sqlite3.Connection, latest: date) -> list[ImportedHabit]:
    """Read the habits in Rewire's order.

    Raises `UnreadableBackup`: it holds what Rewire cannot have written, or a day after `latest`.
    """
    query = (
        "SELECT _id, name, description, archived, schedule, active_days, repeating_count, days, period "
        "FROM habits ORDER BY order_num, _id"
    )
    rows = list(fetch_at_most(connection, query, MOST_HABITS, "habits"))
    completions = _completions(connection, {row["_id"]: habit_name(row["name"]) for row in rows}, latest)
    reminders = _reminders(connection)
    return [_habit(row, reminders.get(row["_id"]), completions[row["_id"]]) for row in rows]


def _completions(
    connection: sqlite3.Connection, names: dict[int, str], latest: date
) -> dict[int, dict[date, ImportedCompletion]]:
    found: dict[int, dict[date, ImportedCompletion]] = {habit: {} for habit in names}
    query = (
        "SELECT habits._id, date, note FROM checkins JOIN habits ON habits._id = habit_id WHERE type = ? "
        "ORDER BY habits._id, date, checkins._id"
    )
    for habit, written, note in fetch_at_most(connection, query, MOST_COMPLETIONS, "check-ins", DONE):
        day = _day(written, latest, names[habit])
        found[habit][day] = ImportedCompletion(day, TICK, note=text(note, f"a note of “{names[habit]}”"))
    return found


def _day(written: object, latest: date, name: str) -> date:
    """Read a day written as yyyymmdd."""
    digits = str(written)
    if len(digits) != 8 or not (digits.isascii() and digits.isdigit()):
        raise impossible_day(name)
    try:
        return possible_day(date(int(digits[:4]), int(digits[4:6]), int(digits[6:])), latest, name)
    except ValueError as error:
        raise impossible_day(name) from error


def _reminders(connection: sqlite3.Connection) -> dict[int, sqlite3.Row]:
    """Return the first reminder of each habit; there can be more, but a habit here has one."""
    query = "SELECT habit_id, time, active_days FROM reminders ORDER BY _id DESC"
    return {row["habit_id"]: row for row in fetch_at_most(connection, query, 10 * MOST_HABITS, "reminders")}


def _habit(
    row: sqlite3.Row, reminder: sqlite3.Row | None, completions: dict[date, ImportedCompletion]
) -> ImportedHabit:
    name = habit_name(row["name"])
    num, den = frequency(*_schedule(row, name), name)
    minutes = 0 if reminder is None else whole_number(reminder["time"], f"the reminder of “{name}”", -1, 10**6)
    reminded = reminder is not None and 0 < minutes < MINUTES_A_DAY
    return ImportedHabit(
        name=name,
        uid=derived_uid("rewire", row["_id"], name),
        notes=text(row["description"], f"the description of “{name}”"),
        color=DEFAULT_COLOR,
        freq_num=num,
        freq_den=den,
        archived=whole_number(row["archived"], f"the mark of “{name}” as archived", 0, 1, default=0) == 1,
        reminder_time=time(*divmod(minutes, 60)) if reminded else None,
        reminder_weekdays=_weekdays(reminder["active_days"], name) if reminder and reminded else EVERY_DAY,
        completions=tuple(completions.values()),
    )


def _schedule(row: sqlite3.Row, name: str) -> tuple[object, object]:
    """Return how often in how many days; fixed weekdays become that many times a week, as in Loop."""
    schedule = whole_number(row["schedule"], f"the schedule of “{name}”", WEEKDAYS, EVERY_SO_MANY_DAYS)
    if schedule == WEEKDAYS:
        return len(_numbers(row["active_days"], name)), 7
    if schedule == TIMES_IN_PERIOD:
        return row["days"], PERIODS[whole_number(row["period"], f"the period of “{name}”", 0, len(PERIODS) - 1)]
    return 1, row["repeating_count"]


def _weekdays(written: object, name: str) -> int:
    """Turn day numbers, of which 0 is Sunday, into a mask whose bit 0 is Monday."""
    return sum(1 << (number + 6) % 7 for number in _numbers(written, name))


def _numbers(written: object, name: str) -> set[int]:
    """Read weekdays written as “0,1,2”."""
    parts = text(written, f"the days of “{name}”").split(",")
    return {
        whole_number(int(part) if part in "0123456" and part else None, f"a day of “{name}”", 0, 6) for part in parts
    }
