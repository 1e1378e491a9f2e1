"""Recognises which app wrote a backup, by what is in it, and reads it."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from habits.imports import habitbull, loop, rewire, tickmate
from habits.imports.backup import ImportedHabit, UnreadableBackup
from habits.imports.sqlite_file import MAGIC, open_database, table_names

SUPPORTED = "Supported are full backups (.db) of Loop Habit Tracker, Rewire and Tickmate, and CSV exports of HabitBull."
"""Said whenever a file is none of them."""

_ZIP = b"PK\x03\x04"
_DATABASES: tuple[tuple[frozenset[str], Callable[[sqlite3.Connection, date], list[ImportedHabit]]], ...] = (
    (loop.TABLES, loop.read),
    (rewire.TABLES, rewire.read),
    (tickmate.TABLES, tickmate.read),
)


def read_backup(path: Path, filename: str, *, today: date | None = None) -> list[ImportedHabit]:
    """Read a backup of any supported app; the file is not changed.

    `filename` is what the person calls it, for messages. `today` is the current day in UTC, by default the clock's;
    entries may be a day later, for zones ahead of UTC.

    Raises `UnreadableBackup`: it is none of the known formats, damaged, or over the limits of `habits.imports.backup`.
    Raises `OSError`: there is no such file.
    """
    latest = (today or datetime.now(UTC).date()) + timedelta(days=1)
    habits = _read(path, filename, latest)
    twice = [uid for uid, times in Counter(habit.uid for habit in habits).items() if times > 1]
    if twice:
        raise UnreadableBackup(
            f"“{filename}” holds two habits with the same identifier. Make a new backup in the app and try again."
        )
    return habits


def _read(path: Path, filename: str, latest: date) -> list[ImportedHabit]:
    with path.open("rb") as file:
        beginning = file.read(len(MAGIC))
    if not beginning:
        raise UnreadableBackup(f"“{filename}” is empty. Make a new backup in the app and try again.")
    if beginning == MAGIC:
        with open_database(path) as connection:
            return _read_database(connection, filename, latest)
    if beginning.startswith(_ZIP):
        raise UnreadableBackup(
            f"“{filename}” is a zip archive. In Loop Habit Tracker choose “Export full backup”, which makes a .db file."
        )
    return _read_text(path, filename, latest)


def _read_database(connection: sqlite3.Connection, filename: str, latest: date) -> list[ImportedHabit]:
    tables = table_names(connection)
    for needed, read in _DATABASES:
        if tables >= needed:
            return read(connection, latest)
    raise UnreadableBackup(f"“{filename}” is a database of an app that is not known here. {SUPPORTED}")


def _read_text(path: Path, filename: str, latest: date) -> list[ImportedHabit]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            known = habitbull.is_export(file.readline(1_000))
        except UnicodeDecodeError:
            known = False
        if not known:
            raise UnreadableBackup(f"“{filename}” is not a backup of a known app. {SUPPORTED}")
        file.seek(0)
        return habitbull.read(file, latest)
