"""Reads backups of Loop Habit Tracker, schemas 8 to 25.

Source of the format: the project's migrations and importer (github.com/iSoron/uhabits), version 2.3.1.
"""

from __future__ import annotations

import math
import sqlite3
from datetime import date, time

from habits.domain.limits import FIRST_DAY
from habits.domain.records import EVERY_DAY, Kind, TargetType
from habits.imports.backup import (
    MOST_COMPLETIONS,
    MOST_HABITS,
    TICK,
    ImportedCompletion,
    ImportedHabit,
    UnreadableBackup,
    derived_uid,
)
from habits.imports.loop_palette import css_color
from habits.imports.sqlite_file import fetch_at_most, schema_version
from habits.imports.values import (
    frequency,
    habit_name,
    impossible_day,
    shortened,
    text,
    whole_number,
)

TABLES = frozenset({"habits", "repetitions"})
"""Tables by which a backup is recognised, in lower case."""

OLDEST_SCHEMA, NEWEST_SCHEMA = 8, 25
QUESTION_SCHEMA = 23
"""Before this one the description was what reminders asked."""

MILLISECONDS_A_DAY = 86_400_000
NO, YES, SKIP = 0, 2, 3
"""Stored values of a yes-or-no habit; 3 is a skip of a measured habit too."""

INT32 = 2**31 - 1

_HABIT_COLUMNS_SINCE = {
    "reminder_days": (11, str(EVERY_DAY)),
    "type": (16, "0"),
    "target_type": (18, "0"),
    "target_value": (18, "0.0"),
    "unit": (18, "''"),
    "question": (QUESTION_SCHEMA, "NULL"),
    "uuid": (24, "NULL"),
}
"""Columns that are younger than the oldest schema: since when, and what stands for them before."""

_ENTRY_COLUMNS_SINCE = {"value": (16, str(YES)), "notes": (25, "NULL")}


def read(connection: sqlite3.Connection, latest: date) -> list[ImportedHabit]:
    """Read the habits in the order of Loop's list; no entry may be later than `latest`.

    Raises `UnreadableBackup`: it is of a schema that is not known, or holds what Loop cannot have written.
    """
    schema = _known_schema(connection)
    rows = list(fetch_at_most(connection, _habits_query(schema), MOST_HABITS, "habits"))
    kinds = {row["id"]: (_kind(row), habit_name(row["name"])) for row in rows}
    completions = _completions(connection, schema, kinds, latest)
    return [_habit(row, schema, tuple(completions.get(row["id"], {}).values())) for row in rows]


def _known_schema(connection: sqlite3.Connection) -> int:
    schema = schema_version(connection)
    if schema > NEWEST_SCHEMA:
        raise UnreadableBackup(
            f"This backup was made by a newer version of Loop Habit Tracker (schema {schema}) than can be read here "
            f"(up to schema {NEWEST_SCHEMA}). Ask for an update, or export from an older version of the app."
        )
    if schema < OLDEST_SCHEMA:
        raise UnreadableBackup(
            f"This backup is of a very old or unknown version of Loop Habit Tracker (schema {schema}). "
            "Open it in a current version of the app and make a full backup there."
        )
    return schema


def _habits_query(schema: int) -> str:
    fixed = "id, archived, color, description, freq_num, freq_den, name, position, reminder_hour, reminder_min"
    return f"SELECT {fixed}, {_columns(_HABIT_COLUMNS_SINCE, schema)} FROM Habits ORDER BY position, id"  # noqa: S608


def _entries_query(schema: int) -> str:
    columns = _columns(_ENTRY_COLUMNS_SINCE, schema)
    return (
        f"SELECT Habits.id AS habit, timestamp, {columns} FROM Repetitions JOIN Habits ON Habits.id = habit "  # noqa: S608
        "WHERE timestamp IS NOT NULL ORDER BY Habits.id, timestamp, Repetitions.id"
    )


def _columns(since: dict[str, tuple[int, str]], schema: int) -> str:
    return ", ".join(
        name if schema >= first else f"{substitute} AS {name}" for name, (first, substitute) in since.items()
    )


def _kind(row: sqlite3.Row) -> Kind:
    return (Kind.YES_NO, Kind.MEASURED)[whole_number(row["type"], "the type of a habit", 0, 1)]


def _completions(
    connection: sqlite3.Connection, schema: int, kinds: dict[int, tuple[Kind, str]], latest: date
) -> dict[int, dict[int, ImportedCompletion]]:
    """Read the entries by habit and day. Of two with one timestamp the older row counts, as in Loop's migration 22."""
    found: dict[int, dict[int, ImportedCompletion]] = {habit: {} for habit in kinds}
    last_day = latest.toordinal() - FIRST_DAY.toordinal()
    previous: tuple[object, object] | None = None
    for row in fetch_at_most(connection, _entries_query(schema), MOST_COMPLETIONS, "entries"):
        habit, timestamp = row["habit"], row["timestamp"]
        if (habit, timestamp) == previous:
            continue
        previous = habit, timestamp
        kind, name = kinds[habit]
        day = _day_number(timestamp, last_day, name)
        completion = _completion(kind, FIRST_DAY.toordinal() + day, row, name)
        if completion is not None:
            found[habit][day] = completion
    return found


def _day_number(timestamp: object, last_day: int, name: str) -> int:
    """Turn the milliseconds of a UTC midnight into days since 1970."""
    if not isinstance(timestamp, int) or not 0 <= timestamp // MILLISECONDS_A_DAY <= last_day:
        raise impossible_day(name)
    return timestamp // MILLISECONDS_A_DAY


def _completion(kind: Kind, ordinal: int, row: sqlite3.Row, name: str) -> ImportedCompletion | None:
    """Make one recorded day; None when nothing is known of it, not even a note."""
    stored = whole_number(row["value"], f"an entry of “{name}”", -INT32 - 1, INT32)
    note = text(row["notes"], f"a note of “{name}”")
    skipped = stored == SKIP
    value = None if skipped else _thousandths(kind, stored)
    if value is None and not skipped and not note:
        return None
    return ImportedCompletion(date.fromordinal(ordinal), value, skipped, note)


def _thousandths(kind: Kind, stored: int) -> int | None:
    """Turn a stored value into thousandths; a day that Loop ticked by itself (1) is not recorded."""
    if kind == Kind.YES_NO:
        return {YES: TICK, NO: 0}.get(stored)
    return stored if stored >= 0 else None


def _habit(row: sqlite3.Row, schema: int, completions: tuple[ImportedCompletion, ...]) -> ImportedHabit:
    name = habit_name(row["name"])
    question, notes = _question_and_notes(row, schema, name)
    num, den = frequency(row["freq_num"], row["freq_den"], name)
    reminder = _reminder_time(row, name)
    return ImportedHabit(
        name=name,
        uid=_uid(row, name),
        question=question,
        notes=notes,
        color=css_color(whole_number(row["color"], f"the colour of “{name}”", -INT32 - 1, INT32, default=0), schema),
        kind=_kind(row),
        freq_num=num,
        freq_den=den,
        target_type=_target_type(row["target_type"], name),
        target_value=_target(row["target_value"], name),
        unit=shortened(text(row["unit"], f"the unit of “{name}”"), 50),
        archived=whole_number(row["archived"], f"the mark of “{name}” as archived", 0, 1, default=0) == 1,
        position=whole_number(row["position"], f"the position of “{name}”", -INT32 - 1, INT32, default=0),
        reminder_time=reminder,
        reminder_weekdays=EVERY_DAY if reminder is None else _weekdays(row["reminder_days"], name),
        completions=completions,
    )


def _uid(row: sqlite3.Row, name: str) -> str:
    uid = text(row["uuid"], f"the identifier of “{name}”").strip()
    if not uid:
        return derived_uid("loop", row["id"], name)
    return uid if len(uid) <= 64 else derived_uid("loop", uid)


def _question_and_notes(row: sqlite3.Row, schema: int, name: str) -> tuple[str, str]:
    """Return both texts; a question that is too long to be one becomes the beginning of the notes."""
    description = text(row["description"], f"the description of “{name}”")
    if schema < QUESTION_SCHEMA:
        question, notes = description, ""
    else:
        question, notes = text(row["question"], f"the question of “{name}”"), description
    if len(question) <= 500:
        return question, notes
    return shortened(question, 500), text(f"{question}\n\n{notes}".strip(), f"the description of “{name}”")


def _target_type(value: object, name: str) -> TargetType:
    return (TargetType.AT_LEAST, TargetType.AT_MOST)[whole_number(value, f"the kind of target of “{name}”", 0, 1)]


def _target(value: object, name: str) -> float:
    if not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise UnreadableBackup(f"The target of “{name}” is not a number. Set it anew in the app and export again.")
    return float(value)


def _reminder_time(row: sqlite3.Row, name: str) -> time | None:
    if row["reminder_hour"] is None or row["reminder_min"] is None:
        return None
    what = f"the reminder of “{name}”"
    return time(whole_number(row["reminder_hour"], what, 0, 23), whole_number(row["reminder_min"], what, 0, 59))


def _weekdays(value: object, name: str) -> int:
    """Turn Loop's mask, whose bit 0 is Saturday, into one whose bit 0 is Monday."""
    mask = whole_number(value, f"the reminder days of “{name}”", 0, EVERY_DAY, default=EVERY_DAY)
    return (mask >> 2 | mask << 5) & EVERY_DAY
