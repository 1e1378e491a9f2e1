"""Reads backups of Tickmate: tracks that are ticked on days, each of them a daily habit.

Source of the format: tables of a real backup; months count from 0 (`java.util.Calendar`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import date

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
from habits.imports.values import habit_name, impossible_day, possible_day, text, whole_number

TABLES = frozenset({"tracks", "ticks", "track2groups"})
"""Tables by which a backup is recognised, in lower case."""


def read(connection: sqlite3.Connection, latest: date) -> list[ImportedHabit]:
    """Read the tracks; several ticks of a day are one, a disabled track is archived.

    Raises `UnreadableBackup`: it holds what Tickmate cannot have written, or a day after `latest`.
    """
    query = "SELECT _id, name, description, enabled FROM tracks ORDER BY _id"
    rows = list(fetch_at_most(connection, query, MOST_HABITS, "tracks"))
    names = {row["_id"]: habit_name(row["name"]) for row in rows}
    days: dict[int, list[ImportedCompletion]] = {track: [] for track in names}
    for track, day in _ticks(connection, names, latest):
        days[track].append(ImportedCompletion(day, TICK))
    return [_habit(row, tuple(days[row["_id"]])) for row in rows]


def _ticks(connection: sqlite3.Connection, names: dict[int, str], latest: date) -> Iterator[tuple[int, date]]:
    query = (
        "SELECT DISTINCT tracks._id, year, month, day FROM ticks JOIN tracks ON tracks._id = _track_id "
        "ORDER BY 1, 2, 3, 4"
    )
    for track, year, month, day in fetch_at_most(connection, query, MOST_COMPLETIONS, "ticks"):
        yield track, _day(year, month, day, latest, names[track])


def _day(year: object, month: object, day: object, latest: date, name: str) -> date:
    if not (isinstance(year, int) and isinstance(month, int) and isinstance(day, int)):
        raise impossible_day(name)
    try:
        return possible_day(date(year, month + 1, day), latest, name)
    except (ValueError, OverflowError) as error:
        raise impossible_day(name) from error


def _habit(row: sqlite3.Row, completions: tuple[ImportedCompletion, ...]) -> ImportedHabit:
    name = habit_name(row["name"])
    return ImportedHabit(
        name=name,
        uid=derived_uid("tickmate", row["_id"], name),
        notes=text(row["description"], f"the description of “{name}”"),
        color=DEFAULT_COLOR,
        archived=whole_number(row["enabled"], f"whether “{name}” is enabled", 0, 1, default=1) == 0,
        completions=completions,
    )
