# ruff: noqa: S608 (the statements of these tests are their own)
from __future__ import annotations

import random
import sqlite3
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from habits.imports import loop, sqlite_file
from habits.imports.backup import UnreadableBackup
from habits.imports.detect import read_backup
from habits.imports.loop_palette import PALETTE
from tests.backups import DAY, LOOP_ENTRIES, LOOP_HABITS, database, sample
from tests.thoroughness import draws

HEADER = "HabitName,HabitDescription,HabitCategory,CalendarDate,Value,CommentText\n"
LOOP = LOOP_HABITS + LOOP_ENTRIES + "INSERT INTO Habits (id, name) VALUES (1, 'Run');"


def refusal(path: Path, content: bytes | None = None) -> str:
    """The sentence with which a file is refused."""
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UnreadableBackup) as refused:
        read_backup(path, path.name)
    message = str(refused.value)
    assert message.endswith(".")
    assert "sqlite" not in message.lower()
    return message


def loop_refusal(tmp_path: Path, statement: str) -> str:
    return refusal(database(tmp_path / "Loop.db", f"{LOOP}{statement};"))


def entry(timestamp: object, value: object = 2, note: str = "''") -> str:
    return f"INSERT INTO Repetitions (habit, timestamp, value, notes) VALUES (1, {timestamp}, {value}, {note})"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("backup.db", b"", "“backup.db” is empty"),
        ("photo.jpg", b"\xff\xd8\xff\xe0" * 50, "“photo.jpg” is not a backup of a known app"),
        ("notes.txt", b"Dear diary", "Supported are full backups (.db) of Loop Habit Tracker"),
        ("Loop Habits CSV.zip", b"PK\x03\x04rest", "choose “Export full backup”"),
        ("table.csv", b"HabitName;HabitDescription;HabitCategory\n", "“table.csv” is not a backup of a known app"),
        ("backup.db", b"SQLite format 3\x00", "damaged or incomplete"),
        ("backup.db", b"SQLite format 3\x00" + bytes(5000), "damaged or incomplete"),
    ],
)
def test_a_file_that_is_no_backup_is_refused_with_advice(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    assert told in refusal(tmp_path / name, content)


def test_a_truncated_backup_is_refused(tmp_path: Path) -> None:
    whole = sample("loop.db").read_bytes()
    assert "copy it whole" in refusal(tmp_path / "Loop.db", whole[: len(whole) // 2])


def test_a_backup_of_a_newer_loop_is_refused_with_its_schema(tmp_path: Path) -> None:
    told = refusal(database(tmp_path / "Loop.db", LOOP, 26))
    assert "made by a newer version of Loop Habit Tracker (schema 26)" in told


def test_a_backup_of_an_unknown_old_loop_is_refused(tmp_path: Path) -> None:
    assert "very old or unknown version of Loop Habit Tracker (schema 7)" in refusal(
        database(tmp_path / "Loop.db", LOOP, 7)
    )


def test_a_database_of_another_app_is_refused(tmp_path: Path) -> None:
    told = refusal(database(tmp_path / "contacts.db", "CREATE TABLE people (name TEXT)"))
    assert "“contacts.db” is a database of an app that is not known here" in told


@pytest.mark.parametrize(
    "instead",
    [
        "CREATE VIEW Repetitions AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
        "SELECT i AS id, 1 AS habit, i AS timestamp, 2 AS value, '' AS notes FROM n",
        "CREATE VIRTUAL TABLE Repetitions USING fts5(habit, timestamp, value, notes)",
    ],
)
def test_a_view_or_a_virtual_table_is_never_read(tmp_path: Path, instead: str) -> None:
    assert "not known here" in refusal(database(tmp_path / "Loop.db", f"{LOOP_HABITS} {instead};"))


def test_a_table_without_the_columns_of_its_schema_is_refused(tmp_path: Path) -> None:
    script = f"{LOOP_HABITS} CREATE TABLE Repetitions (id INTEGER, habit INTEGER);"
    assert "damaged or incomplete" in refusal(database(tmp_path / "Loop.db", script))


def test_a_computed_column_cannot_keep_a_worker_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_file, "SECONDS_TO_READ", 0.0)
    rows = ", ".join(f"(1, {number * DAY}, 2)" for number in range(2_000))
    told = loop_refusal(tmp_path, f"INSERT INTO Repetitions (habit, timestamp, value) VALUES {rows}")
    assert "takes too long to read" in told


@pytest.mark.parametrize("name", ["NULL", "''", "'  '", "char(0)"])
def test_a_habit_without_a_name_is_refused(tmp_path: Path, name: str) -> None:
    assert "a habit without a name" in loop_refusal(tmp_path, f"UPDATE Habits SET name = {name}")


@pytest.mark.parametrize(
    ("assignment", "told"),
    [
        ("name = x'00ff'", "the name of a habit is binary data"),
        ("description = printf('%.*c', 20001, 'x')", "longer than 20,000 characters"),
        ("description = printf('%.*c', 1100000, 'x')", "more than a megabyte"),
        ("freq_num = 0", "how often “Run” is to be done"),
        ("freq_num = 'often'", "how often “Run” is to be done"),
        ("freq_den = 1.5", "the number of days of “Run”"),
        ("freq_den = NULL", "the number of days of “Run”"),
        ("type = 2", "the type of a habit is not a whole number from 0 to 1"),
        ("type = 'numerical'", "the type of a habit"),
        ("target_type = 9", "the kind of target of “Run”"),
        ("target_value = 9e999", "The target of “Run” is not a number"),
        ("target_value = -1", "The target of “Run” is not a number"),
        ("target_value = 'a lot'", "The target of “Run” is not a number"),
        ("color = x'00'", "the colour of “Run”"),
        ("position = 1.5", "the position of “Run”"),
        ("reminder_hour = 24, reminder_min = 0", "the reminder of “Run”"),
        ("reminder_hour = 1, reminder_min = 0, reminder_days = 128", "the reminder days of “Run”"),
    ],
)
def test_a_habit_that_loop_cannot_have_written_is_refused(tmp_path: Path, assignment: str, told: str) -> None:
    assert told in loop_refusal(tmp_path, f"UPDATE Habits SET {assignment}")


@pytest.mark.parametrize("timestamp", [-1, 4_000_000_000_000, 2**62, "'yesterday'", "1.5", "x'00'"])
def test_an_entry_on_an_impossible_day_is_refused(tmp_path: Path, timestamp: object) -> None:
    assert "“Run” has an entry before 1970, in the future" in loop_refusal(tmp_path, entry(timestamp))


@pytest.mark.parametrize("value", [2**31, -(2**31) - 1, "'x'", "1.5", "NULL"])
def test_an_entry_with_an_impossible_value_is_refused(tmp_path: Path, value: object) -> None:
    assert "an entry of “Run” is not a whole number" in loop_refusal(tmp_path, entry(0, value))


def test_a_binary_note_is_refused(tmp_path: Path) -> None:
    assert "a note of “Run” is binary data" in loop_refusal(tmp_path, entry(0, 2, "x'00'"))


def test_two_habits_with_one_identifier_are_refused(tmp_path: Path) -> None:
    told = loop_refusal(tmp_path, "INSERT INTO Habits (id, name, uuid) VALUES (2, 'A', 'same'), (3, 'B', 'same')")
    assert "two habits with the same identifier" in told


@pytest.mark.parametrize(("limit", "what"), [("MOST_HABITS", "habits"), ("MOST_COMPLETIONS", "entries")])
def test_more_than_a_person_can_have_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, what: str
) -> None:
    monkeypatch.setattr(loop, limit, 1)
    second = "INSERT INTO Habits (id, name) VALUES (2, 'Read')"
    told = loop_refusal(tmp_path, second if what == "habits" else f"{entry(0)}; {entry(DAY)}")
    assert f"more than 1 {what}" in told


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("Run,,,2026-02-30,1,\n", "Line 2 of this CSV file has the date “2026-02-30”"),
        ("Run,,,31/1/2026,1,\n", "the date “31/1/2026”"),
        ("Run,,,yesterday,1,\n", "written as 2026-01-31 or 1/31/2026"),
        ("Run,,,1/2/3000,1,\n", "“Run” has an entry before 1970, in the future"),
        ("Run,,,1969-12-31,1,\n", "“Run” has an entry before 1970"),
        ("Run,,\n", "Line 2 of this CSV file has too few columns"),
        (",,,2026-01-01,1,\n", "a habit without a name"),
        (f"Run,{'x' * 30_000},,2026-01-01,1,\n", "longer than 20,000 characters"),
        (f"Run,{'x' * 200_000},,2026-01-01,1,\n", "Line 2 of this CSV file is not readable"),
    ],
)
def test_a_csv_file_with_a_mistake_is_refused_with_its_place(tmp_path: Path, lines: str, told: str) -> None:
    assert told in refusal(tmp_path / "HabitBull.csv", (HEADER + lines).encode())


def test_a_csv_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    long_ago = "Run,,,2016-01-01,1,\n" * 9_000
    told = refusal(tmp_path / "HabitBull.csv", (HEADER + long_ago + "Körper,,,2026-01-01,1,\n").encode("latin-1"))
    assert "not UTF-8" in told
    told = refusal(tmp_path / "HabitBull.csv", (HEADER + "Körper,,,2026-01-01,1,\n").encode("utf-16"))
    assert "not a backup of a known app" in told


@given(seed=st.integers(0, 2**32), hits=st.integers(1, 200))
@settings(max_examples=draws(100), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("name", ["loop.db", "rewire.db", "tickmate.db"])
def test_a_backup_with_random_damage_is_read_or_refused(tmp_path: Path, name: str, seed: int, hits: int) -> None:
    dice = random.Random(seed)  # noqa: S311 (not for secrets)
    content = bytearray(sample(name).read_bytes())
    for _ in range(hits):
        content[dice.randrange(len(content))] = dice.randrange(256)
    path = tmp_path / name
    path.write_bytes(content)
    with suppress(UnreadableBackup):
        assert all(habit.color in PALETTE for habit in read_backup(path, name))


def test_a_schema_cannot_call_functions_that_act_on_the_process(tmp_path: Path) -> None:
    path = database(tmp_path / "Loop.db", LOOP)
    with sqlite_file.open_database(path) as connection:
        assert connection.execute("PRAGMA trusted_schema").fetchone()[0] == 0
        with pytest.raises(sqlite3.OperationalError, match="attempt to write a readonly database"):
            connection.execute("DELETE FROM Habits")
