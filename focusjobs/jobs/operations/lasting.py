"""How long the queues would take for jobs: about, for whoever is about to send them there."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from focusjobs.sql import rows

from ..looking.workers import live_workers
from . import statements

LATELY = 600
"""Seconds from which the speed of a queue is taken."""

Place = tuple[str, str]
"""A queue and a task."""


def seconds_for(jobs: Mapping[Place, int], rate: float | None) -> float | None:
    """Give how long that many jobs take at a rate, or as fast as the slowest of their queues is.

    A queue is as fast as its processes and the lengths of attempts allow, or as it was of late where that was faster:
    a queue that had little to do was slow and need not be. None where no worker takes from one of the queues, or one of
    the tasks has never run.
    """
    if rate:
        return sum(jobs.values()) / rate
    lengths: dict[str, float] = dict(rows(statements.LENGTHS, {"tasks": [task for _, task in jobs]}))
    processes = _processes()
    if not jobs or any(task not in lengths or not processes[queue] for queue, task in jobs):
        return None
    numbers, work = Counter[str](), defaultdict[str, float](float)
    for (queue, task), number in jobs.items():
        numbers[queue] += number
        work[queue] += number * lengths[task] / processes[queue]
    speeds: dict[str, float] = dict(rows(statements.SPEEDS, {"seconds": LATELY, "queues": list(numbers)}))
    as_of_late = {queue: numbers[queue] / speed for queue, speed in speeds.items()}
    return max(min(seconds, as_of_late.get(queue, seconds)) for queue, seconds in work.items())


def _processes() -> Counter[str]:
    """Count the processes that take from each queue now."""
    found = Counter[str]()
    for worker in live_workers():
        for queue in worker.queues:
            found[queue] += worker.concurrency
    return found
