"""Pages of the lists of habits, days, tokens and backups."""

from __future__ import annotations

from datetime import date

from focusjobs.rest.pagination import CursorPages


class HabitPages(CursorPages):
    """Habits in the order of the person's list."""

    ordering = ("position", "id")
    parse_position = float


class CompletionPages(CursorPages):
    """Days, the newest first."""

    ordering = "-day"
    parse_position = date.fromisoformat


class TokenPages(CursorPages):
    """API tokens, the newest first."""

    ordering = "-id"
    parse_position = int


class BackupPages(CursorPages):
    """Backups, the latest first."""

    ordering = "-id"
    parse_position = int
