"""Enqueues with procrastinate."""

from __future__ import annotations

import os
import time

import psycopg

from benchmarks.plain.procrastinate import app, noop

DATA = "x" * 100
app.open()
database = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
if not database.execute("SELECT to_regclass('procrastinate_jobs')").fetchone()[0]:
    app.schema_manager.apply_schema()


def bulk(kind: str, jobs: int, size: int) -> float:
    """Enqueue jobs, so many a statement."""
    start = time.monotonic()
    for first in range(0, jobs, size):
        noop.batch_defer(*({"n": n, "data": DATA} for n in range(first, min(first + size, jobs))))
    return time.monotonic() - start


def drained() -> bool:
    """Tell whether no job waits or runs."""
    return not database.execute(
        "SELECT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE status IN ('todo', 'doing'))"
    ).fetchone()[0]


def completed() -> int:
    """Count finished jobs."""
    return database.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'succeeded'").fetchone()[0]


def clear() -> None:
    """Forget everything."""
    database.execute("TRUNCATE procrastinate_jobs, procrastinate_events, procrastinate_periodic_defers")
