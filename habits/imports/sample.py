"""Makes a believable backup of Loop Habit Tracker (schema 25): two years of an ordinary person's habits.

For demonstrations and tests. Nobody's records are in it: every day is drawn from the seed.
"""

from __future__ import annotations

import math
import random
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

from habits.domain.limits import FIRST_DAY
from habits.imports.loop import MILLISECONDS_A_DAY, NEWEST_SCHEMA, NO, SKIP, YES
from habits.imports.sample_habits import AMOUNT, SAMPLE_HABITS, SampleHabit

_SCHEMA = """
CREATE TABLE android_metadata (locale TEXT);
INSERT INTO android_metadata VALUES ('en_GB');
CREATE TABLE Habits (
    id INTEGER PRIMARY KEY AUTOINCREMENT, archived INTEGER, color INTEGER, description TEXT, freq_den INTEGER,
    freq_num INTEGER, highlight INTEGER, name TEXT, position INTEGER, reminder_hour INTEGER, reminder_min INTEGER,
    reminder_days INTEGER NOT NULL DEFAULT 127, type INTEGER NOT NULL DEFAULT 0,
    target_type INTEGER NOT NULL DEFAULT 0, target_value REAL NOT NULL DEFAULT 0, unit TEXT NOT NULL DEFAULT '',
    question TEXT, uuid TEXT
);
CREATE TABLE Repetitions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, habit INTEGER NOT NULL REFERENCES Habits (id), timestamp INTEGER NOT NULL,
    value INTEGER NOT NULL, notes TEXT
);
CREATE UNIQUE INDEX idx_repetitions_habit_timestamp ON Repetitions (habit, timestamp);
CREATE TABLE Events (id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp INTEGER, message TEXT, server_id INTEGER);
"""


def write_loop_sample(path: Path, *, seed: int, today: date, years: int = 2) -> None:
    """Write the backup to `path`, in place of any file there.

    The same arguments give the same rows; a later `today` only adds days. Habits keep their identifiers as long as the
    seed is the same.
    """
    path.unlink(missing_ok=True)
    first = today - timedelta(days=365 * years)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(_SCHEMA)
        connection.execute(f"PRAGMA user_version = {NEWEST_SCHEMA}")
        for number, habit in enumerate(SAMPLE_HABITS, start=1):
            _insert(connection, number, habit, seed)
            connection.executemany(
                "INSERT INTO Repetitions (habit, timestamp, value, notes) VALUES (?, ?, ?, ?)",
                [(number, _timestamp(day), value, note) for day, value, note in _entries(habit, seed, first, today)],
            )


def _insert(connection: sqlite3.Connection, number: int, habit: SampleHabit, seed: int) -> None:
    hour, minute, weekdays = habit.reminder or (None, None, 0)
    columns = {
        "id": number,
        "archived": int(habit.stopped_days_ago > 0),
        "color": habit.color,
        "description": habit.description,
        "freq_num": habit.freq[0],
        "freq_den": habit.freq[1],
        "highlight": 0,
        "name": habit.name,
        "position": number - 1,
        "reminder_hour": hour,
        "reminder_min": minute,
        "reminder_days": weekdays,
        "type": habit.type,
        "target_type": habit.target_type,
        "target_value": habit.target_value,
        "unit": habit.unit,
        "question": habit.question,
        "uuid": uuid.UUID(int=_dice(seed, habit, "uuid").getrandbits(128), version=4).hex,
    }
    names, places = ", ".join(columns), ", ".join("?" * len(columns))
    connection.execute(f"INSERT INTO Habits ({names}) VALUES ({places})", list(columns.values()))  # noqa: S608


def _timestamp(day: date) -> int:
    return (day - FIRST_DAY).days * MILLISECONDS_A_DAY


def _entries(habit: SampleHabit, seed: int, first: date, today: date) -> Iterator[tuple[date, int, str]]:
    last = today - timedelta(days=habit.stopped_days_ago or int(not habit.in_the_morning))
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        dice = _dice(seed, habit, day)
        value = _value(habit, day, dice)
        if value is not None:
            yield day, value, "" if value in (NO, SKIP) else _remark(habit, dice)


def _dice(seed: int, habit: SampleHabit, what: object) -> random.Random:
    """Give every day of every habit its own dice, so that a day does not depend on how many were drawn before it."""
    return random.Random(f"{seed}/{habit.name}/{what}")  # noqa: S311 (not for secrets)


def _value(habit: SampleHabit, day: date, dice: random.Random) -> int | None:
    """Draw what is stored for a day; None when nothing was entered."""
    if habit.rests_on_holiday and _is_holiday(day):
        return SKIP
    kept = dice.random() < habit.chances[day.weekday()] * _motivation(day)
    if habit.type == AMOUNT:
        return _amount(habit, dice) if kept else None
    if kept:
        return YES
    return NO if habit.freq == (1, 1) and dice.random() < 0.25 else None


def _remark(habit: SampleHabit, dice: random.Random) -> str:
    return dice.choice(habit.remarks) if habit.remarks and dice.random() < 0.05 else ""


def _amount(habit: SampleHabit, dice: random.Random) -> int:
    mean, deviation, step = habit.amount
    return max(0, round(dice.gauss(mean, deviation) / step)) * round(step * 1000)


def _is_holiday(day: date) -> bool:
    """Two weeks in August and the days between the years."""
    return (day.month == 8 and 3 <= day.day <= 16) or (day.month, day.day) >= (12, 24) or (day.month, day.day) == (1, 1)


def _motivation(day: date) -> float:
    """Between 0.8 and 1, in waves of a hundred days: streaks break and come back."""
    return 0.9 + 0.1 * math.sin(2 * math.pi * day.toordinal() / 100)
