"""Pages of the lists of notifications."""

from __future__ import annotations

from datetime import datetime, time

from focusjobs.rest.pagination import CursorPages


class ReminderPages(CursorPages):
    """Reminders by their time."""

    ordering = ("local_time", "id")
    parse_position = time.fromisoformat


class DevicePages(CursorPages):
    """Devices, the latest to be used first."""

    ordering = ("-last_seen_at", "-id")

    @staticmethod
    def parse_position(text: str) -> datetime:
        """Read an instant. Raises ValueError also for one without a zone."""
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            raise ValueError("an instant has a zone")
        return instant


class InboxPages(CursorPages):
    """Items, the newest first."""

    ordering = "-id"
    page_size = 50
    max_page_size = 200
    parse_position = int
