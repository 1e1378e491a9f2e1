"""Pages of the REST interface's lists.

Apart from everything that imports `rest_framework.generics`, which would import this module while it is being loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request


class CursorPages(CursorPagination):
    """Pages that neither skip nor repeat rows while the list changes.

    Subclasses set `ordering` and `parse_position`.
    """

    page_size = 100
    max_page_size = 500
    page_size_query_param = "page_size"
    parse_position: Callable[[str], Any]
    """Reads a value of the first field of `ordering` from a cursor; raises ValueError for anything else."""

    def decode_cursor(self, request: Request) -> Any:
        """Read the cursor of a request. Raises `NotFound` for one that this list did not make."""
        cursor = super().decode_cursor(request)
        if cursor is not None and cursor.position is not None:
            try:
                self.parse_position(str(cursor.position))
            except ValueError as error:
                raise NotFound(self.invalid_cursor_message) from error
        return cursor


def read_instant(text: str) -> datetime:
    """Read an instant from a cursor. Raises ValueError also for one without a zone."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("an instant has a zone")
    return instant
