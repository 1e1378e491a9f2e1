"""Sample backups of other apps, what Loop Habit Tracker reads from them, and backups made for one test."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

from habits.imports.backup import ImportedHabit
from habits.models import Habit

SAMPLES = Path(__file__).parents[1] / "../shared/oracle/loop_import_samples"

NAMES = (
    *("loop.db", "loop_v21.db", "loop_v22.db", "rewire.db", "tickmate.db"),
    *("habitbull.csv", "habitbull2.csv", "habitbull3.csv", "habitbull4.csv"),
)

LOOP_HABITS = """
CREATE TABLE Habits (
    id INTEGER PRIMARY KEY, archived INTEGER DEFAULT 0, color INTEGER DEFAULT 8, description TEXT DEFAULT '',
    freq_den INTEGER DEFAULT 1, freq_num INTEGER DEFAULT 1, name TEXT, position INTEGER DEFAULT 0,
    reminder_hour INTEGER, reminder_min INTEGER, reminder_days INTEGER DEFAULT 127, type INTEGER DEFAULT 0,
    target_type INTEGER DEFAULT 0, target_value REAL DEFAULT 0, unit TEXT DEFAULT '', question TEXT DEFAULT '',
    uuid TEXT
);
"""
LOOP_ENTRIES = """
CREATE TABLE Repetitions (id INTEGER PRIMARY KEY, habit INTEGER, timestamp INTEGER, value INTEGER, notes TEXT);
"""
DAY = 86_400_000
"""Milliseconds."""


def sample(name: str) -> Path:
    """The path of a sample backup; the test is skipped where the samples are not at hand."""
    path = SAMPLES / "inputs" / name
    if not path.exists():
        pytest.skip("the sample backups are not at hand")
    return path


def expected(name: str) -> tuple[date, list[dict[str, Any]]]:
    """Today and the habits that Loop read from a sample, by position and name, with their statistics."""
    content = json.loads((SAMPLES / "expected" / f"{name}.json").read_text())
    habits = sorted(content["habits"], key=lambda case: (case["habit"]["position"], case["habit"]["name"]))
    return date.fromisoformat(content["today"]), habits


def database(path: Path, script: str, version: int = 25) -> Path:
    """Make an SQLite file."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
        connection.execute(f"PRAGMA user_version = {version}")
    return path


def monday_mask(days_sat_to_fri: list[bool]) -> int:
    """A weekday mask whose bit 0 is Monday."""
    return sum(1 << (number - 2) % 7 for number, wanted in enumerate(days_sat_to_fri) if wanted)


def wanted(case: dict[str, Any]) -> dict[str, Any]:
    """What Loop says a habit is; the reminder as (time, weekdays from Monday)."""
    habit = {key: value for key, value in case["habit"].items() if key != "color_index"}
    if reminder := habit["reminder"]:
        at = time(reminder["hour"], reminder["minute"])
        habit["reminder"] = (at, monday_mask(reminder["days_sat_to_fri"]))
    return habit


def described(habit: Habit | ImportedHabit) -> dict[str, Any]:
    """What a habit is, in the words of the expected answers."""
    return {
        "name": habit.name,
        "question": habit.question,
        "description": habit.notes,
        "type": {"yes_no": "yes_no", "measured": "numerical"}[habit.kind],
        "freq_num": habit.freq_num,
        "freq_den": habit.freq_den,
        "target_type": habit.target_type,
        "target_value": habit.target_value,
        "unit": habit.unit,
        "archived": habit.archived,
        "position": habit.position,
        "color_css": habit.color,
        "reminder": habit.reminder_time and (habit.reminder_time, habit.reminder_weekdays),
    }
