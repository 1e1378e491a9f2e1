"""Processes that are stopped in the middle of their work for as long as a test wants, by what it has locked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from django.db import connection
from django.db.models import Model, QuerySet

from focusjobs.jobs.ledger.locks import Lock

AWAITED = """
SELECT EXISTS (
  SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND classid = %s AND objid = %s AND objsubid = 2)
"""


@contextmanager
def held(rows: QuerySet[Any]) -> Iterator[None]:
    """Lock these rows: whoever wants to change one waits until the block has ended."""
    statement, parameters = rows.values("pk").query.sql_with_params()
    with _locked(f"{statement} FOR UPDATE", parameters):
        yield


@contextmanager
def held_table(model: type[Model]) -> Iterator[None]:
    """Lock a table: whoever wants to write to it waits until the block has ended."""
    with _locked(f"LOCK TABLE {model._meta.db_table} IN SHARE MODE"):
        yield


@contextmanager
def _locked(statement: str, parameters: tuple[Any, ...] = ()) -> Iterator[None]:
    with closing(connection.copy()) as other:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute(statement, parameters)
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
