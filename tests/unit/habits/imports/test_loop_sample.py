"""The sample backup: believable, the same for the same seed, and read as any other."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from habits.imports.backup import ImportedHabit
from habits.imports.detect import read_backup
from habits.imports.sample import SAMPLE_HABITS, write_loop_sample

TODAY = date(2026, 5, 20)


def make(path: Path, *, seed: int = 7, today: date = TODAY, years: int = 2) -> list[ImportedHabit]:
    write_loop_sample(path, seed=seed, today=today, years=years)
    return read_backup(path, path.name)


@pytest.fixture(scope="module")
def habits(tmp_path_factory: pytest.TempPathFactory) -> list[ImportedHabit]:
    return make(tmp_path_factory.mktemp("backups") / "sample.db")


def test_the_sample_is_read_as_it_was_described(habits: list[ImportedHabit]) -> None:
    read = [(habit.name, habit.question, habit.notes, (habit.freq_num, habit.freq_den), habit.unit) for habit in habits]
    assert read == [(item.name, item.question, item.description, item.freq, item.unit) for item in SAMPLE_HABITS]
    assert [habit.position for habit in habits] == list(range(len(SAMPLE_HABITS)))
    assert [habit.archived for habit in habits] == [item.stopped_days_ago > 0 for item in SAMPLE_HABITS]


def test_the_sample_has_every_kind_of_habit_and_record(habits: list[ImportedHabit]) -> None:
    records = [completion for habit in habits for completion in habit.completions]
    assert {(habit.kind, habit.target_type) for habit in habits} == {
        ("yes_no", "at_least"),
        ("measured", "at_least"),
        ("measured", "at_most"),
    }
    assert any(completion.skipped for completion in records)
    assert any(completion.value == 0 and not completion.note for completion in records)
    assert any(completion.note for completion in records)
    assert any(habit.reminder_time for habit in habits)


def test_days_run_from_two_years_ago_to_today(habits: list[ImportedHabit]) -> None:
    days = [completion.day for habit in habits for completion in habit.completions]
    assert TODAY - timedelta(days=730) <= min(days) <= TODAY - timedelta(days=725)
    assert max(days) in {TODAY, TODAY - timedelta(days=1)}
    assert 3_000 < len(days) < 8 * 731


def test_the_same_seed_gives_the_same_backup(habits: list[ImportedHabit], tmp_path: Path) -> None:
    assert make(tmp_path / "again.db") == habits


def test_another_seed_gives_other_habits(habits: list[ImportedHabit], tmp_path: Path) -> None:
    others = make(tmp_path / "other.db", seed=8)
    assert {habit.uid for habit in others}.isdisjoint({habit.uid for habit in habits})
    assert others[0].completions != habits[0].completions


def test_a_later_sample_adds_days_and_changes_none(habits: list[ImportedHabit], tmp_path: Path) -> None:
    later = make(tmp_path / "later.db", today=TODAY + timedelta(days=30))
    assert [habit.uid for habit in later] == [habit.uid for habit in habits]
    first = TODAY - timedelta(days=700)
    meditate, meditate_later = (
        [item for item in found[0].completions if first <= item.day <= TODAY] for found in (habits, later)
    )
    assert meditate == meditate_later


def test_a_file_that_is_there_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "sample.db"
    path.write_text("something else")
    assert len(make(path, years=1)) == len(SAMPLE_HABITS)
