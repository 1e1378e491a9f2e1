"""What operators do to jobs.

Each function is guarded by the state of the job in the very statement that changes it, and answers what it really
changed. Each raises the fence, so that a worker that held the job can change nothing any more.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection

from . import intervention_statements as statements
from . import wakeups


def retry(ids: Iterable[int]) -> set[int]:
    """Make failed or cancelled jobs waiting again with fresh attempts; answer those that were.

    Left alone are jobs in another state, expired ones, and those whose unique key an unfinished job holds by now.
    """
    rows = _rows(statements.RETRY, [list(ids)])
    for queue in {row[1] for row in rows}:
        wakeups.ring_after_commit(queue)
    return {row[0] for row in rows}


def cancel(ids: Iterable[int], reason: str) -> set[int]:
    """End jobs that no worker holds; answer those that were ended."""
    return {row[0] for row in _rows(statements.CANCEL, [reason, list(ids)])}


def _rows(statement: str, parameters: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []
