"""Enqueues with RQ."""

from __future__ import annotations

import time

from rq import Queue
from rq.registry import FinishedJobRegistry, StartedJobRegistry

from benchmarks.plain.rq import connection, noop, queue

DATA = "x" * 100


def bulk(kind: str, jobs: int, size: int) -> float:
    """Enqueue jobs, so many a pipeline."""
    start = time.monotonic()
    for first in range(0, jobs, size):
        calls = [Queue.prepare_data(noop, kwargs={"n": n, "data": DATA}) for n in range(first, min(first + size, jobs))]
        queue.enqueue_many(calls)
    return time.monotonic() - start


def drained() -> bool:
    """Tell whether no job waits or runs."""
    return queue.count == 0 and StartedJobRegistry(queue=queue).count == 0


def completed() -> int:
    """Count finished jobs."""
    return FinishedJobRegistry(queue=queue).count


def clear() -> None:
    """Forget everything."""
    connection.flushdb()
