# ruff: noqa: S608 (the statements of these tests are their own)
from __future__ import annotations

from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from habits.imports.backup import ImportedCompletion, ImportedHabit
from habits.imports.detect import read_backup
from habits.imports.loop_palette import PALETTE, css_color
from tests.backups import DAY, LOOP_ENTRIES, LOOP_HABITS, NAMES, database, described, expected, sample, wanted

HEADER = "HabitName,HabitDescription,HabitCategory,CalendarDate,Value,CommentText\n"
MONDAY_TO_FRIDAY, SUNDAY_TO_THURSDAY, SATURDAY_AND_WEDNESDAY_TO_FRIDAY = 0b0011111, 0b1001111, 0b0111100


def stored(completion: ImportedCompletion, kind: str) -> list[Any]:
    """A completion as Loop stores it: day, value, note."""
    value = {1000: 2, 0: 0, None: -1}[completion.value] if kind == "yes_no" else completion.value
    return [completion.day.isoformat(), 3 if completion.skipped else value, completion.note]


def read_loop(tmp_path: Path, habits: str, entries: str = "", version: int = 25) -> list[ImportedHabit]:
    script = LOOP_HABITS + LOOP_ENTRIES
    script += f"INSERT INTO Habits {habits};"
    script += f"INSERT INTO Repetitions (habit, timestamp, value, notes) VALUES {entries};" if entries else ""
    return read_backup(database(tmp_path / "Loop.db", script, version), "Loop.db")


def read_csv(tmp_path: Path, lines: str, encoding: str = "utf-8") -> list[ImportedHabit]:
    path = tmp_path / "HabitBull.csv"
    path.write_bytes((HEADER + lines).encode(encoding))
    return read_backup(path, "HabitBull.csv")


@pytest.mark.parametrize("name", NAMES)
def test_a_real_backup_gives_the_habits_that_loop_reads_from_it(name: str) -> None:
    habits = sorted(read_backup(sample(name), name), key=lambda habit: (habit.position, habit.name))
    _, cases = expected(name)
    assert [described(habit) for habit in habits] == [wanted(case) for case in cases]


@pytest.mark.parametrize("name", NAMES)
def test_a_real_backup_gives_the_entries_that_loop_reads_from_it(name: str) -> None:
    habits = sorted(read_backup(sample(name), name), key=lambda habit: (habit.position, habit.name))
    _, cases = expected(name)
    entries = [[stored(completion, habit.kind) for completion in habit.completions] for habit in habits]
    assert entries == [case["entries"] for case in cases]


@pytest.mark.parametrize("name", NAMES)
def test_every_habit_has_an_identifier_that_stays_the_same(name: str) -> None:
    first, again = ([habit.uid for habit in read_backup(sample(name), name)] for _ in range(2))
    assert first == again
    assert len(set(first)) == len(first)
    assert all(uid and len(uid) <= 64 for uid in first)


def test_the_format_is_recognised_by_content_whatever_the_file_is_called(tmp_path: Path) -> None:
    path = tmp_path / "holiday #1?mode=rwc.jpg"
    path.write_bytes(sample("loop_v22.db").read_bytes())
    assert [habit.name for habit in read_backup(path, path.name)] == ["Work out", "Test"]


def test_reading_a_backup_leaves_the_file_and_its_folder_alone(tmp_path: Path) -> None:
    path = tmp_path / "Loop.db"
    path.write_bytes(sample("loop_v22.db").read_bytes())
    read_backup(path, "Loop.db")
    assert [file.name for file in tmp_path.iterdir()] == ["Loop.db"]
    assert path.read_bytes() == sample("loop_v22.db").read_bytes()


def test_a_yes_or_no_habit_of_loop_keeps_ticks_skips_and_notes(tmp_path: Path) -> None:
    values = ((2, ""), (0, "Sick"), (3, "Holiday"), (-1, ""), (-1, "Forgot"), (1, ""))
    entries = ", ".join(f"(1, {number * DAY}, {value}, '{note}')" for number, (value, note) in enumerate(values))
    (habit,) = read_loop(tmp_path, "(id, name) VALUES (1, 'Read')", entries)
    assert habit.completions == (
        ImportedCompletion(date(1970, 1, 1), 1000),
        ImportedCompletion(date(1970, 1, 2), 0, note="Sick"),
        ImportedCompletion(date(1970, 1, 3), None, skipped=True, note="Holiday"),
        ImportedCompletion(date(1970, 1, 5), None, note="Forgot"),
    )


def test_a_numerical_habit_of_loop_is_measured_in_thousandths(tmp_path: Path) -> None:
    entries = f"(1, 0, 2500, ''), (1, {DAY}, 3, NULL), (1, {2 * DAY}, -1, 'Unknown'), (1, {3 * DAY}, 0, '')"
    columns = "(id, name, type, target_type, target_value, unit, freq_num, freq_den)"
    (habit,) = read_loop(tmp_path, f"{columns} VALUES (1, 'Run', 1, 1, 7.5, 'km', 1, 7)", entries)
    assert (habit.kind, habit.target_type, habit.target_value, habit.unit) == ("measured", "at_most", 7.5, "km")
    assert [(item.value, item.skipped) for item in habit.completions] == [
        (2500, False),
        (None, True),
        (None, False),
        (0, False),
    ]


def test_loop_habits_come_in_the_order_of_its_list_with_their_own_identifiers(tmp_path: Path) -> None:
    habits = read_loop(tmp_path, "(id, name, position, uuid) VALUES (1, 'B', 2, 'bb'), (2, 'A', 1, 'aa')")
    assert [(habit.name, habit.uid, habit.position) for habit in habits] == [("A", "aa", 1), ("B", "bb", 2)]


@pytest.mark.parametrize(
    ("schema", "question", "notes"), [(22, "Did you?", ""), (23, "Asked?", "Did you?"), (25, "Asked?", "Did you?")]
)
def test_the_description_was_the_question_before_schema_23(
    tmp_path: Path, schema: int, question: str, notes: str
) -> None:
    (habit,) = read_loop(tmp_path, "(name, question, description) VALUES ('X', 'Asked?', 'Did you?')", version=schema)
    assert (habit.question, habit.notes) == (question, notes)


def test_a_question_too_long_for_a_reminder_is_kept_in_the_notes(tmp_path: Path) -> None:
    (habit,) = read_loop(tmp_path, f"(name, question, description) VALUES ('X', '{'why ' * 200}', 'Because.')")
    assert len(habit.question) == 500
    assert habit.notes == "why " * 200 + "\n\nBecause."


@pytest.mark.parametrize(
    ("loop_mask", "mask"),
    [(0b1111100, MONDAY_TO_FRIDAY), (0b0111110, SUNDAY_TO_THURSDAY), (113, SATURDAY_AND_WEDNESDAY_TO_FRIDAY)],
)
def test_reminder_days_count_from_monday(tmp_path: Path, loop_mask: int, mask: int) -> None:
    columns = "(name, reminder_hour, reminder_min, reminder_days)"
    (habit,) = read_loop(tmp_path, f"{columns} VALUES ('X', 6, 5, {loop_mask})")
    assert (habit.reminder_time, habit.reminder_weekdays) == (time(6, 5), mask)


def test_as_many_times_as_days_is_every_day(tmp_path: Path) -> None:
    (habit,) = read_loop(tmp_path, "(name, freq_num, freq_den) VALUES ('X', 7, 7)")
    assert (habit.freq_num, habit.freq_den) == (1, 1)


def test_of_two_entries_with_one_timestamp_the_older_row_counts(tmp_path: Path) -> None:
    (habit,) = read_loop(tmp_path, "(id, name) VALUES (1, 'X')", "(1, 0, 2, 'first'), (1, 0, 0, 'second')")
    assert habit.completions == (ImportedCompletion(date(1970, 1, 1), 1000, note="first"),)


def test_entries_of_deleted_habits_and_without_a_time_are_left_out(tmp_path: Path) -> None:
    (habit,) = read_loop(tmp_path, "(id, name) VALUES (1, 'X')", "(9, 0, 2, ''), (NULL, 0, 2, ''), (1, NULL, 2, '')")
    assert habit.completions == ()


@pytest.mark.parametrize(
    ("color", "schema", "css"),
    [
        (-16742021, 12, "#00897B"),
        (5, 13, "#00897B"),
        (5, 14, "#00897B"),
        (12, 20, "#AAAAAA"),
        (5, 21, "#AFB42B"),
        (19, 25, "#AAAAAA"),
        (20, 25, "#D32F2F"),
        (-1, 25, "#D32F2F"),
        (13, 20, "#D32F2F"),
        (123456, 12, "#D32F2F"),
    ],
)
def test_a_colour_is_that_of_its_schema(color: int, schema: int, css: str) -> None:
    assert css_color(color, schema) == css


@given(st.integers(), st.integers(8, 25))
def test_every_colour_is_one_of_the_palette(color: int, schema: int) -> None:
    assert css_color(color, schema) in PALETTE


def test_characters_that_postgresql_cannot_store_are_left_out(tmp_path: Path) -> None:
    (habit,) = read_loop(tmp_path, "(name, description) VALUES (CAST(x'4100FF42' AS TEXT), '')")
    assert habit.name == "A\N{REPLACEMENT CHARACTER}B"


def test_an_entry_may_be_one_day_ahead_of_utc(tmp_path: Path) -> None:
    tomorrow = date(2026, 5, 1) + timedelta(days=1)
    path = tmp_path / "HabitBull.csv"
    path.write_text(f"{HEADER}Run,,,{tomorrow},1,\n")
    (habit,) = read_backup(path, path.name, today=date(2026, 5, 1))
    assert [item.day for item in habit.completions] == [tomorrow]


def test_an_amount_above_one_makes_a_csv_habit_measured_and_leaves_earlier_rows(tmp_path: Path) -> None:
    (habit,) = read_csv(tmp_path, "Run,,,2026-01-01,1,\nRun,,,2026-01-02,0,\nRun,,,1/3/2026,5,\nRun,,,2026-01-04,1,\n")
    assert habit.kind == "measured"
    assert [item.value for item in habit.completions] == [1000, 0, 5000, 1000]


@pytest.mark.parametrize("written", ["", "many", "1.5", "-3", "2147483648", "-2150000000", " 1", "١", "9" * 5000])
def test_an_amount_that_is_no_32_bit_number_counts_as_not_done(tmp_path: Path, written: str) -> None:
    (habit,) = read_csv(tmp_path, f"Run,,,2026-01-01,{written},\n")
    assert (habit.kind, [item.value for item in habit.completions]) == ("yes_no", [0])


def test_the_later_line_for_a_day_counts_and_days_come_in_order(tmp_path: Path) -> None:
    (habit,) = read_csv(tmp_path, "Run,,,2026-01-02,1,\nRun,,,2026-01-01,0,a\nRun,,,1/1/2026,1,b\n")
    assert [(item.day.day, item.value, item.note) for item in habit.completions] == [(1, 1000, "b"), (2, 1000, "")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_csv_keeps_category_description_and_quoted_text(tmp_path: Path, encoding: str) -> None:
    habits = read_csv(tmp_path, 'Yoga,"slow, deep",Körper,2026-01-01,1,"one\ntwo"\n\nYoga,,,2026-01-02,1\n', encoding)
    assert [(habit.notes, habit.category) for habit in habits] == [("slow, deep", "Körper")]
    assert [item.note for item in habits[0].completions] == ["one\ntwo", ""]


def test_a_disabled_track_of_tickmate_is_archived_and_several_ticks_of_a_day_are_one(tmp_path: Path) -> None:
    script = """
    CREATE TABLE tracks (_id INTEGER PRIMARY KEY, name TEXT, description TEXT, enabled INTEGER);
    CREATE TABLE ticks (_id INTEGER PRIMARY KEY, _track_id INTEGER, year INTEGER, month INTEGER, day INTEGER);
    CREATE TABLE track2groups (_id INTEGER);
    INSERT INTO tracks VALUES (1, 'Sport', '', 0);
    INSERT INTO ticks (_track_id, year, month, day) VALUES (1, 2016, 11, 31), (1, 2016, 11, 31), (7, 2016, 1, 1);
    """
    (habit,) = read_backup(database(tmp_path / "t.db", script, 13), "t.db")
    assert habit.archived
    assert habit.completions == (ImportedCompletion(date(2016, 12, 31), 1000),)


@pytest.mark.parametrize(
    ("schedule", "frequency"),
    [
        ("0, '1,3', 0, 0, 0", (2, 7)),
        ("1, '', 0, 4, 1", (4, 31)),
        ("1, '', 0, 9, 2", (9, 365)),
        ("2, '', 3, 0, 0", (1, 3)),
    ],
)
def test_each_schedule_of_rewire_becomes_a_frequency(tmp_path: Path, schedule: str, frequency: tuple[int, int]) -> None:
    script = f"""
    CREATE TABLE Habits (_id INTEGER PRIMARY KEY, order_num INTEGER, name TEXT, description TEXT, archived INTEGER,
        schedule INTEGER, active_days TEXT, repeating_count INTEGER, days INTEGER, period INTEGER);
    CREATE TABLE CHECKINS (_id INTEGER PRIMARY KEY, habit_id INTEGER, date TEXT, type INTEGER, note TEXT);
    CREATE TABLE REMINDERS (_id INTEGER PRIMARY KEY, habit_id INTEGER, time INTEGER, active_days TEXT);
    CREATE TABLE UNIT (_id INTEGER);
    INSERT INTO Habits VALUES (1, 1, 'Sport', '', 1, {schedule});
    INSERT INTO CHECKINS VALUES (1, 1, '20160229', 2, 'leap day'), (2, 1, '20160301', 1, NULL);
    INSERT INTO REMINDERS VALUES (1, 1, 615, '0,6'), (2, 1, 700, '1');
    """
    (habit,) = read_backup(database(tmp_path / "r.db", script, 24), "r.db")
    assert (habit.freq_num, habit.freq_den) == frequency
    assert habit.archived
    assert (habit.reminder_time, habit.reminder_weekdays) == (time(10, 15), 0b1100000)
    assert habit.completions == (ImportedCompletion(date(2016, 2, 29), 1000, note="leap day"),)
