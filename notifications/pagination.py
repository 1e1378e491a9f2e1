"""Pages of the lists of notifications."""

from __future__ import annotations

from datetime import time

from focusjobs.rest.pagination import CursorPages, read_instant


class ReminderPages(CursorPages):
    """Reminders by their time."""

    ordering = ("local_time", "id")
    parse_position = time.fromisoformat


class DevicePages(CursorPages):
    """Devices, the latest to be used first."""

    ordering = ("-last_seen_at", "-id")

    parse_position = staticmethod(read_instant)


class InboxPages(CursorPages):
    """Items, the newest first."""

    ordering = "-id"
    page_size = 50
    max_page_size = 200
    parse_position = int
