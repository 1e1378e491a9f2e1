"""Empties the test database after a test whose commits others see: as Django does it, but only tables that have rows.

TRUNCATE makes new files for each table and index of the project, some hundreds, and Django then writes content types
and permissions again. Those are the same after each test, so that they may stay.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from django.core.management import call_command
from django.db import connection, transaction

from tests.launching import has_gone
from tests.workers import eventually

KEPT = ("django_content_type", "auth_permission")
"""Tables that Django fills after the migrations, and nothing else does."""

# What the tables that are kept hold. They have a few hundred rows.
CONTENTS = """
    SELECT (SELECT json_agg(t ORDER BY id) FROM django_content_type AS t),
           (SELECT json_agg(t ORDER BY id) FROM auth_permission AS t)
"""

# Rows go in any order, and no trigger follows them, only without the triggers, which a superuser may leave out.
IS_ALLOWED = "SELECT current_setting('is_superuser') = 'on'"
DELETE = "DELETE FROM {}"
WITHOUT_TRIGGERS = "SET LOCAL session_replication_role = replica"

# An empty table is seen at once.
HAS_ROWS = "SELECT '{0}' WHERE EXISTS (SELECT FROM {0})"

# Tables are locked one after another, and whoever still wrote could hold the last and want the first.
OTHERS = """
    SELECT application_name, state
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""

# Waits for whoever begins to write in spite of that, as TRUNCATE would.
LOCK = "LOCK TABLE {} IN ACCESS EXCLUSIVE MODE"

# Rows that were rolled back or deleted are read again by each statement that reads its table from end to end, and
# ANALYZE has told how many they were, also where it was rolled back. FULL, since indexes stay large otherwise.
SWOLLEN = """
    SELECT oid::regclass::text
    FROM pg_class
    WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
      AND (pg_relation_size(oid) > 2 ^ 18 OR reltuples > 1000)
"""
VACUUM = "VACUUM FULL {}"

_contents: list[Any] = []
"""What `KEPT` held after Django had filled them."""


def empty() -> None:
    """Delete every row of the project's tables, once nobody writes any more."""
    eventually(is_quiet)
    with transaction.atomic(), connection.cursor() as cursor:
        if _contents and _first(cursor, IS_ALLOWED) == (True,) and _first(cursor, CONTENTS) == _contents[0]:
            _delete(cursor, _tables())
            return
    call_command("flush", interactive=False, verbosity=0)
    with connection.cursor() as cursor:
        _contents[:] = [_first(cursor, CONTENTS)]


def forget_dead_rows() -> None:
    """Let large tables be as small as what is in them; PostgreSQL does not by itself here."""
    with connection.cursor() as cursor:
        cursor.execute(SWOLLEN)
        tables = [table for (table,) in cursor.fetchall()]
        if tables:
            cursor.execute(VACUUM.format(", ".join(tables)))


def is_quiet() -> bool:
    """Tell whether every session is idle, and none is left of a process that was killed.

    PostgreSQL finishes what such a process had asked for, and may not even have begun with it.
    """
    with connection.cursor() as cursor:
        cursor.execute(OTHERS)
        return all(state == "idle" and not has_gone(name) for name, state in cursor.fetchall())


def _delete(cursor: Any, tables: Iterable[str]) -> None:
    cursor.execute(LOCK.format(", ".join(tables)))
    cursor.execute(" UNION ALL ".join(HAS_ROWS.format(table) for table in tables))
    filled = [table for (table,) in cursor.fetchall()]
    cursor.execute(";".join([WITHOUT_TRIGGERS, *map(DELETE.format, filled)]))


@cache
def _tables() -> tuple[str, ...]:
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return tuple(sorted(set(names) - set(KEPT)))


def _first(cursor: Any, statement: str) -> Any:
    cursor.execute(statement)
    return cursor.fetchone()
