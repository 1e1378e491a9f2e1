"""Enqueues jobs of the ledger."""

from __future__ import annotations

import os
import statistics
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "focusjobs.settings")
django.setup()

from django.conf import settings  # noqa: E402 - after the setup
from django.db import connection, transaction  # noqa: E402

from benchmarks import tasks  # noqa: E402
from focusjobs.jobs import ledger  # noqa: E402

TASKS = {"noop": tasks.noop, "insert": tasks.insert_row, "aside": tasks.noop.using(queue="statistics")}
"""What a kind of jobs is; those put aside are on a queue that no worker takes."""
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


def claim(queue: str, claims: int) -> float:
    """Claim 100 jobs so many times as a worker would, forget those jobs, and answer the median milliseconds."""
    took = []
    for _ in range(claims):
        start = time.monotonic()
        held = ledger.claim(queue, 100, "benchmark", settings.JOBS_LEASE)
        took.append(time.monotonic() - start)
        if len(held) < 100:
            raise RuntimeError(f"Queue {queue} had only {len(held)} jobs left to claim.")
    _execute("DELETE FROM jobs_job WHERE worker = 'benchmark'")
    return statistics.median(took) * 1000


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
