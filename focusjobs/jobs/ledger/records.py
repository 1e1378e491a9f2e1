"""What the ledger's statements give and take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple, TypeVar

import psycopg
from django.conf import settings
from django.db import connection

from focusjobs.jobs.context import Line
from focusjobs.jobs.domain.fingerprint import Mistake
from focusjobs.jobs.domain.identity import task_id_of
from focusjobs.jobs.domain.job import NewJob
from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.ledger import results

T = TypeVar("T")


class Claim(NamedTuple):
    """An attempt that this process holds: the columns that the claims of `statements` return, in their order.

    A tuple, and its time a text that only goes back to the database, since one is made for every job.
    """

    id: int
    fence: int
    task: str
    arguments: str
    attempt: int
    max_attempts: int
    tries: int
    worker: str
    started_at: str
    celery_id: str | None
    expired: bool
    priority: int
    options: str | None
    limit_key: str | None
    stalls: int
    queue: str
    waited: float
    """Seconds from being due to this attempt."""
    more: bool
    """Whether its claim left further due jobs."""

    @property
    def task_id(self) -> str:
        """The id under which Celery knows the job."""
        return self.celery_id or task_id_of(self.id)


@dataclass(kw_only=True, slots=True)
class Ended:
    """How an attempt ended, and what is to be kept of it; `written` where that has been done already."""

    claim: Claim
    state: State
    outcome: str
    value: str | None = None
    error: str = ""
    failure: results.Failure | None = None
    traceback: str = ""
    delay: timedelta = timedelta(0)
    refund: int = 0
    progress: str | None = None
    lines: Sequence[Line] = ()
    children: Sequence[NewJob] = ()
    exception: Exception | None = None
    mistake: Mistake | None = None
    """What the error is one of; None where the attempt did not fail."""
    written: bool = False
    took: float = 0.0
    """Seconds that the task ran."""


def rows(statement: str, parameters: Any) -> list[Any]:
    """Run a statement and give the rows that it returns."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


def prepared_rows(statement: str, parameters: Mapping[str, Any] | Sequence[Any]) -> list[Any]:
    """Run a statement that PostgreSQL plans once for each connection, and give the rows that it returns.

    Planning is most of the time of the short ones: the table has a dozen partial indexes to think about.
    """
    if not settings.JOBS_PREPARED_STATEMENTS:
        return rows(statement, parameters)
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        return cursor.execute(statement, parameters, prepare=True).fetchall()


def numbers(values: Iterable[int]) -> str:
    """Give whole numbers as the text of a PostgreSQL array, several times quicker than psycopg does."""
    return f"{{{','.join(map(str, values))}}}"


def columns(items: Iterable[T], row: Callable[[T], tuple[Any, ...]]) -> list[list[Any]]:
    """Give what `row` makes of each item as columns, for `unnest`."""
    return [list(column) for column in zip(*map(row, items), strict=True)]
