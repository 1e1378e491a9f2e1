"""Pages of the inbox."""

from __future__ import annotations

from focusjobs.rest.pagination import CursorPages


class InboxPages(CursorPages):
    """Items, the newest first."""

    ordering = "-id"
    page_size = 50
    max_page_size = 200
    parse_position = int
