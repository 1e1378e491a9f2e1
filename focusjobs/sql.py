"""Running statements that are written out, for modules that keep their SQL in constants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection


def rows(statement: str, values: Mapping[str, Any] | Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Run a statement within the caller's transaction and give the rows that it returns, none where it returns nothing.

    Raises `django.db.Error`.
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []
