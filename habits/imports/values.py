"""Checks of single values that come out of files which anybody can have written."""

from __future__ import annotations

from datetime import date

from habits.domain.limits import FIRST_DAY, LONGEST_TEXT
from habits.imports.backup import UnreadableBackup

MOST_TIMES = 32_767
"""Largest number in a frequency: that of a PostgreSQL smallint."""


def text(value: object, what: str) -> str:
    """Return a text without NUL characters, which PostgreSQL cannot store; nothing is the empty text.

    Raises `UnreadableBackup`: it is binary or longer than `LONGEST_TEXT`. `what` names it: “the name of a habit”.
    """
    if value is None:
        return ""
    if isinstance(value, bytes):
        raise UnreadableBackup(
            f"In this backup {what} is binary data instead of text. Make a new backup and try again."
        )
    cleaned = str(value).replace("\x00", "")
    if len(cleaned) > LONGEST_TEXT:
        raise UnreadableBackup(
            f"In this backup {what} is longer than {LONGEST_TEXT:,} characters. Shorten it in the app and export again."
        )
    return cleaned


def shortened(value: str, limit: int) -> str:
    """Cut a text to `limit` characters, the last of them an ellipsis."""
    return value if len(value) <= limit else value[: limit - 1] + "…"


def habit_name(value: object) -> str:
    """Return the name of a habit, at most 200 characters.

    Raises `UnreadableBackup`: there is none.
    """
    name = text(value, "the name of a habit").strip()
    if not name:
        raise UnreadableBackup("This backup has a habit without a name. Give it a name in the app and export again.")
    return shortened(name, 200)


def whole_number(value: object, what: str, low: int, high: int, default: int | None = None) -> int:
    """Return an integer between `low` and `high`; nothing is `default` when there is one.

    Raises `UnreadableBackup`: it is something else. `what` names it: “the type of “Run””.
    """
    if value is None and default is not None:
        return default
    if not isinstance(value, int) or not low <= value <= high:
        raise UnreadableBackup(
            f"In this backup {what} is not a whole number from {low} to {high}. Make a new backup and try again."
        )
    return value


def frequency(times: object, days: object, name: str) -> tuple[int, int]:
    """Return (times, in days); as often as there are days is every day, (1, 1), as in Loop Habit Tracker.

    Raises `UnreadableBackup`: one of them is not a positive whole number.
    """
    num = whole_number(times, f"how often “{name}” is to be done", 1, MOST_TIMES)
    den = whole_number(days, f"the number of days of “{name}”", 1, MOST_TIMES)
    return (1, 1) if num == den else (num, den)


def possible_day(day: date, latest: date, name: str) -> date:
    """Return the day when it lies between `FIRST_DAY` and `latest`.

    Raises `UnreadableBackup`: it does not.
    """
    if not FIRST_DAY <= day <= latest:
        raise impossible_day(name)
    return day


def impossible_day(name: str) -> UnreadableBackup:
    """Say that a habit has an entry on a day on which nobody can have recorded anything."""
    return UnreadableBackup(
        f"“{name}” has an entry before 1970, in the future or on a day that does not exist. "
        "Set the date of the device, remove that entry in the app and export again."
    )
