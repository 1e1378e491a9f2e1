"""Enqueues jobs of the ledger."""

from __future__ import annotations

import os
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "focusjobs.settings")
django.setup()

from django.db import connection, transaction  # noqa: E402 - after the setup

from benchmarks import tasks  # noqa: E402

TASKS = {"noop": tasks.noop, "insert": tasks.insert_row}
DATA = "x" * 100


def bulk(kind: str, jobs: int, size: int) -> float:
    """Enqueue jobs, so many a statement and transaction; answer the seconds."""
    start = time.monotonic()
    for first in range(0, jobs, size):
        TASKS[kind].enqueue_many([{"n": n, "data": DATA} for n in range(first, min(first + size, jobs))])
    return time.monotonic() - start


def one(n: int) -> dict[str, int]:
    """Enqueue a job that writes when it runs; answer when the call began, when it was committed, when it ended."""
    times: dict[str, int] = {}
    before = time.monotonic_ns()
    with transaction.atomic():
        transaction.on_commit(lambda: times.update(committed=time.monotonic_ns()))  # before the wake-up is sent
        tasks.stamp.enqueue(n=n)
    return {"before": before, "after": time.monotonic_ns(), **times}


def drained() -> bool:
    """Tell whether no job is left to run, by the partial indexes."""
    return bool(_value(NOTHING_LEFT))


NOTHING_LEFT = """
SELECT NOT EXISTS (SELECT 1 FROM jobs_job WHERE queue = 'default' AND state = 'waiting' AND lane = 'drain')
   AND NOT EXISTS (SELECT 1 FROM jobs_job WHERE state = 'active' AND leased_until IS NOT NULL)
   AND NOT EXISTS (SELECT 1 FROM jobs_job WHERE state = 'delayed')
"""


def completed() -> int:
    """Count completed jobs."""
    return _value("SELECT count(*) FROM jobs_job WHERE state = 'completed'")


def clear() -> None:
    """Forget all jobs."""
    _execute("TRUNCATE jobs_job CASCADE")


def _value(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
