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
    """Give how long that many jobs take at a rate, or as fast as the slowest of their queues is; None: nobody knows."""
    if rate:
        return sum(jobs.values()) / rate
    queues: dict[str, dict[str, int]] = defaultdict(dict)
    for (queue, task), number in jobs.items():
        queues[queue][task] = number
    speeds: dict[str, float] = dict(rows(statements.SPEEDS, {"seconds": LATELY, "queues": list(queues)}))
    lengths = _lengths(jobs)
    processes = _processes()
    each = [_of(queues[queue], speeds.get(queue), lengths.get(queue, {}), processes[queue]) for queue in queues]
    known = [seconds for seconds in each if seconds is not None]
    return max(known) if known and len(known) == len(each) else None


def _of(jobs: Mapping[str, int], speed: float | None, lengths: Mapping[str, float], processes: int) -> float | None:
    """Give how long a queue takes for jobs, by task: as quick as it was or, if it had less to do, could have been."""
    ways = [sum(jobs.values()) / speed] if speed else []
    if processes and jobs.keys() <= lengths.keys():
        ways.append(sum(number * lengths[task] for task, number in jobs.items()) / processes)
    return min(ways, default=None)


def _lengths(jobs: Mapping[Place, int]) -> Mapping[str, Mapping[str, float]]:
    """Give how many seconds an attempt has taken on average, by queue and task, as far as any has run."""
    lengths: dict[str, dict[str, float]] = defaultdict(dict)
    queues, tasks = zip(*jobs, strict=True) if jobs else ((), ())
    for queue, task, seconds in rows(statements.LENGTHS, {"queues": list(queues), "tasks": list(tasks)}):
        lengths[queue][task] = seconds
    return lengths


def _processes() -> Counter[str]:
    """Count the processes that take from each queue now."""
    found = Counter[str]()
    for worker in live_workers():
        for queue in worker.queues:
            found[queue] += worker.concurrency
    return found
