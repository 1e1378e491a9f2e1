"""The tasks that benchmarks and the storm run; a worker loads them with `-I benchmarks.tasks`.

Their tables are made with SQL in the benchmark's own database (`benchmarks.servers`), so that the product has no
migration for them.
"""

from __future__ import annotations

import os
import time
from datetime import timedelta
from functools import cache

import psycopg
from django.db import connection

from focusjobs.jobs import Fixed, current_job, task


@task()
def noop(*, n: int, data: str) -> None:
    """Do nothing."""


@task()
def stamp(*, n: int) -> None:
    """Tell when this ran: the monotonic clock in nanoseconds, as a line into a pipe."""
    now = time.monotonic_ns()
    os.write(_pipe(), f"{n} {now}\n".encode())


@cache
def _pipe() -> int:
    return os.open(os.environ["BENCH_PIPE"], os.O_WRONLY)


@task(atomic=True)
def insert_row(*, n: int, data: str) -> None:
    """Write one row exactly once: it commits with the job's completion.

    A prepared statement of the bare driver on Django's connection, as BullMQ's handler has one of node's driver.
    """
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute("INSERT INTO bench_row (n) VALUES (%s)", [n], prepare=True)


SOON = Fixed(wait=timedelta(seconds=0.2))
MANY = 1000
"""Attempts of the storm's jobs: PostgreSQL is often away there."""


@task(atomic=True, attempts=MANY, backoff=SOON)
def storm_transactional(*, n: int, seconds: float) -> None:
    """Write a row in the transaction that completes the job."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO storm_row (n) VALUES (%s)", [n])
    time.sleep(seconds)


@task(attempts=MANY, backoff=SOON)
def storm_external(*, n: int, seconds: float) -> None:
    """Append a line to a file: an effect that no transaction can take back."""
    line = f"{n} {current_job().attempt} {os.getpid()}\n"
    os.write(_file(), line.encode())
    time.sleep(seconds)


@cache
def _file() -> int:
    return os.open(os.environ["STORM_FILE"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
