"""Reads the CSV export of HabitBull: one line a day, with the habit's name in it.

Source of the format: real exports, and how Loop Habit Tracker 2.3.1 reads them (github.com/iSoron/uhabits).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from datetime import date
from typing import TextIO

from habits.domain.records import Kind
from habits.imports.backup import (
    DEFAULT_COLOR,
    MOST_COMPLETIONS,
    MOST_HABITS,
    TICK,
    ImportedCompletion,
    ImportedHabit,
    UnreadableBackup,
    derived_uid,
)
from habits.imports.values import habit_name, possible_day, shortened, text

HEADER = ("HabitName", "HabitDescription", "HabitCategory", "CalendarDate", "Value", "CommentText")
"""The first line; the comments can be missing."""

_ISO_DATE = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})", re.ASCII)
_US_DATE = re.compile(r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})", re.ASCII)
_WHOLE_NUMBER = re.compile(r"[+-]?\d{1,20}", re.ASCII)


def is_export(first_line: str) -> bool:
    """Tell an export by its first line."""
    return first_line.startswith(",".join(HEADER[:5]))


def read(file: TextIO, latest: date) -> list[ImportedHabit]:
    """Read the habits in the order of their first lines; of two lines for one day the later counts.

    Raises `UnreadableBackup`: it is not UTF-8, not a table, or has an impossible date. The message gives the line.
    """
    lines = csv.reader(file)
    found: dict[str, _Habit] = {}
    try:
        for row in lines:
            if row and row[0] != HEADER[0]:
                _add(found, row, lines.line_num, latest)
    except UnicodeDecodeError as error:
        raise UnreadableBackup("This CSV file is not UTF-8 text. Export it again and do not save it anew.") from error
    except csv.Error as error:
        raise UnreadableBackup(
            f"Line {lines.line_num} of this CSV file is not readable ({error}). Export it again."
        ) from error
    return [habit.finished() for habit in found.values()]


class _Habit:
    """A habit of which lines are still being read."""

    def __init__(self, name: str, description: str, category: str) -> None:
        self.name = habit_name(name)
        self.description = text(description, f"the description of “{self.name}”")
        self.category = shortened(text(category, f"the category of “{self.name}”"), 100)
        self.days: dict[date, ImportedCompletion] = {}

    def finished(self) -> ImportedHabit:
        """Return the habit; an amount above 1 on any day makes it measured."""
        measured = any((completion.value or 0) > TICK for completion in self.days.values())
        return ImportedHabit(
            name=self.name,
            uid=derived_uid("habitbull", self.name),
            notes=self.description,
            category=self.category,
            color=DEFAULT_COLOR,
            kind=Kind.MEASURED if measured else Kind.YES_NO,
            completions=tuple(sorted(self.days.values(), key=lambda completion: completion.day)),
        )


def _add(found: dict[str, _Habit], row: list[str], line: int, latest: date) -> None:
    if len(row) < len(HEADER) - 1:
        raise UnreadableBackup(f"Line {line} of this CSV file has too few columns. Export it again from HabitBull.")
    habit = found.get(row[0])
    if habit is None:
        habit = found[row[0]] = _Habit(*row[:3])
    day = _day(row[3], line, latest, habit.name)
    note = text("".join(row[5:6]), f"a comment of “{habit.name}”")
    habit.days[day] = ImportedCompletion(day, _thousandths(row[4]), note=note)
    _check_size(found.values(), len(found), line)


def _check_size(habits: Iterable[_Habit], count: int, line: int) -> None:
    if count > MOST_HABITS:
        raise UnreadableBackup(f"This CSV file holds more than {MOST_HABITS:,} habits. Split it into smaller files.")
    if line > MOST_COMPLETIONS:
        raise UnreadableBackup(f"This CSV file has more than {MOST_COMPLETIONS:,} lines. Split it into smaller files.")


def _day(written: str, line: int, latest: date, name: str) -> date:
    match = _ISO_DATE.fullmatch(written) or _US_DATE.fullmatch(written)
    problem = (
        f"Line {line} of this CSV file has the date “{shortened(written, 40)}”, which is not a day written as "
        "2026-01-31 or 1/31/2026. Correct it or export again."
    )
    if match is None:
        raise UnreadableBackup(problem)
    try:
        day = date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError as error:
        raise UnreadableBackup(problem) from error
    return possible_day(day, latest, name)


def _thousandths(written: str) -> int:
    """Turn an amount into thousandths; what is no 32-bit number is 0, as in Loop, and so is less than nothing."""
    if not _WHOLE_NUMBER.fullmatch(written) or not -(2**31) <= int(written) < 2**31:
        return 0
    return max(0, int(written)) * TICK
