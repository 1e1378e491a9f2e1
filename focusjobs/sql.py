"""Running statements that are written out, for modules that keep their SQL in constants."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import psycopg
from django.conf import settings
from django.db import connection

T = TypeVar("T")

Values = Mapping[str, Any] | Sequence[Any]


def rows(statement: str, values: Values = ()) -> list[tuple[Any, ...]]:
    """Run a statement within the caller's transaction and give the rows that it returns, none where it returns nothing.

    Raises `django.db.Error`.
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def prepared_rows(statement: str, values: Values) -> list[tuple[Any, ...]]:
    """Do as `rows`, with a statement that PostgreSQL plans once for each connection (`JOBS_PREPARED_STATEMENTS`).

    Planning is most of the time of short statements about a table with a dozen partial indexes.
    """
    if not settings.JOBS_PREPARED_STATEMENTS:
        return rows(statement, values)
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        return cursor.execute(statement, values, prepare=True).fetchall()


def bound_rows(statement: str, values: Values = ()) -> list[Any]:
    """Do as `rows`, with values that go to PostgreSQL beside the text and not within it, for those of many rows.

    The plan is made for them each time: how many they are decides on it. Rows come back in binary, since PostgreSQL
    spends more on writing an instant as text than on finding its row; JSON is then parsed already.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement, values, prepare=False, binary=True)
        return cursor.fetchall() if cursor.description else []


def columns(items: Iterable[T], row: Callable[[T], tuple[Any, ...]]) -> list[list[Any]]:
    """Give what `row` makes of each item as columns, for `unnest`."""
    return [list(column) for column in zip(*map(row, items), strict=True)]


def array(values: Iterable[Any]) -> str:
    """Give values as the text of a PostgreSQL array, several times quicker than psycopg does.

    For what contains neither quotation marks nor backslashes: numbers, dates, instants, truth, places of rows.
    """
    return "{" + ",".join("NULL" if value is None else f'"{value}"' for value in values) + "}"
