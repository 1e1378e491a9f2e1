"""Processes that are stopped in the middle of their work for as long as a test wants, by a row that it has locked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from focusjobs.jobs.ledger.locks import Lock

AWAITED = """
SELECT EXISTS (
  SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND classid = %s AND objid = %s AND objsubid = 2)
"""


@contextmanager
def held(rows: QuerySet[Any]) -> Iterator[None]:
    """Lock these rows on a connection of their own: whoever wants to change one waits until the block has ended."""
    statement, parameters = rows.values("pk").query.sql_with_params()
    with closing(connection.copy()) as other:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute(f"{statement} FOR UPDATE", parameters)
        yield
        other.rollback()


def is_awaited(lock: Lock, number: int) -> bool:
    """Tell whether somebody waits for the lock of one thing."""
    with connection.cursor() as cursor:
        cursor.execute(AWAITED, [int(lock), number])
        return bool(cursor.fetchone()[0])


def waiting_backends() -> list[int]:
    """The processes of PostgreSQL that wait for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT pid FROM pg_locks WHERE NOT granted")
        return [pid for (pid,) in cursor.fetchall()]
