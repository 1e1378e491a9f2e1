"""The tables of a push and their lists: what is wrong with these refuses the whole of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .limits import MAX_OPERATIONS
from .problems import BadShape, TooLarge, UnknownTable
from .rows import whole_text

TABLES = ("habits", "completions")
"""What is synced, in the order in which a push is merged."""

LISTS = ("created", "updated", "deleted")


def check_shape(changes: Mapping[str, Any]) -> None:
    """Raise `BadShape`, `UnknownTable` or `TooLarge` unless these are tables with lists of rows and ids."""
    if unknown := [table for table in changes if table not in TABLES]:
        raise UnknownTable(f"There is no table “{unknown[0][:64]}” to sync; there are {' and '.join(TABLES)}.")
    operations = 0
    for table, lists in changes.items():
        if not isinstance(lists, dict) or any(name not in LISTS for name in lists):
            raise BadShape(f"“{table}” is an object with the lists created, updated and deleted.")
        for name, rows in lists.items():
            kind = str if name == "deleted" else dict
            if not isinstance(rows, list) or not all(isinstance(row, kind) for row in rows):
                raise BadShape(f"“{table}.{name}” is a list of {'ids' if kind is str else 'rows'}.")
            ids = rows if kind is str else [row.get("id") for row in rows]
            if not all(isinstance(one, str) and one == whole_text(one) for one in ids):
                raise BadShape(f"Every row of “{table}.{name}” has an id, which is a text without NUL.")
            operations += len(rows)
    if operations > MAX_OPERATIONS:
        raise TooLarge(f"A push has at most {MAX_OPERATIONS:,} rows and deletions, not {operations:,}; split it.")


def rows_of(changes: Mapping[str, Any], table: str) -> Iterator[tuple[dict[str, Any], bool]]:
    """Give the rows of a table, and whether each is new on the phone."""
    lists = changes.get(table, {})
    yield from ((row, True) for row in lists.get("created", []))
    yield from ((row, row.get("_status") == "created") for row in lists.get("updated", []))
