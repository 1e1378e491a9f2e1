"""The tasks that benchmarks and the storm run; a worker loads them with `-I benchmarks.tasks`.

Their tables are made with SQL in the benchmark's own database (`benchmarks.servers`), so that the product has no
migration for them.
"""

from __future__ import annotations

import os
import time
from functools import cache

from django.db import connection

from focusjobs.jobs import task


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
    """Write one row exactly once: it commits with the job's completion."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_row (n) VALUES (%s)", [n])
