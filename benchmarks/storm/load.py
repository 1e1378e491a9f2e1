"""The jobs of a storm: what enqueues them, and the count of their effects afterwards."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from django.db import Error, connection, transaction

from benchmarks import tasks
from benchmarks.servers import database

BATCH = 50
"""Jobs that one transaction of the producer makes."""

SPREAD = 12.0
"""Seconds over which the jobs are enqueued: faster than the workers, so that each fault meets some at work."""

TABLES = """
CREATE TABLE storm_row (n bigint NOT NULL);
CREATE TABLE storm_batch (batch bigint PRIMARY KEY);
"""

# The storm's own jobs by state. Ticks of the product's schedules are left out: no worker takes their queues here.
BY_STATE = "SELECT state, count(*) FROM jobs_job WHERE starts_with(task, 'benchmarks.storm_') GROUP BY state"

FINISHED = frozenset({"completed", "failed", "cancelled"})


class Producer(threading.Thread):
    """Enqueues the jobs in transactions that also write a row each, by which a lost answer to COMMIT is settled."""

    def __init__(self, jobs: int, dice: random.Random) -> None:
        super().__init__(name="producer")
        self.batches = [range(first, min(first + BATCH, jobs)) for first in range(0, jobs, BATCH)]
        self.seconds = [dice.uniform(0.0, 0.012) for _ in range(jobs)]
        self.unsettled = 0

    def run(self) -> None:
        """Enqueue every batch exactly once, however often PostgreSQL goes away."""
        start = time.monotonic()
        for number, batch in enumerate(self.batches):
            while not self._enqueued(number, batch):
                self.unsettled += 1
                connection.close()
                time.sleep(0.1)
            time.sleep(max(0.0, start + SPREAD * (number + 1) / len(self.batches) - time.monotonic()))
        connection.close()

    def _enqueued(self, number: int, batch: range) -> bool:
        """Try to enqueue a batch, unless an earlier try was committed after all."""
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("INSERT INTO storm_batch VALUES (%s) ON CONFLICT DO NOTHING RETURNING batch", [number])
                if cursor.fetchone():
                    calls = [{"n": n, "seconds": self.seconds[n]} for n in batch]
                    tasks.storm_transactional.enqueue_many(call for call in calls if call["n"] % 2 == 0)
                    tasks.storm_external.enqueue_many(call for call in calls if call["n"] % 2 == 1)
        except Error:
            return False
        return True


def unfinished() -> int:
    """Count jobs that have not ended."""
    return sum(number for state, number in _by_state().items() if state not in FINISHED)


def _by_state() -> dict[str, int]:
    with database() as session:
        return dict(session.execute(BY_STATE).fetchall())


@dataclass(frozen=True)
class Audit:
    """What became of the jobs."""

    lost: int
    doubled: int
    repeated: int
    not_completed: int

    @classmethod
    def of(cls, jobs: int, file: Path) -> Audit:
        """Count effects: rows for even numbers, lines for odd ones."""
        with database() as session:
            rows = Counter(n for (n,) in session.execute("SELECT n FROM storm_row"))
        lines = Counter(int(line.split()[0]) for line in file.read_text().splitlines())
        missing = sum(n not in (lines if n % 2 else rows) for n in range(jobs))
        not_completed = jobs - _by_state().get("completed", 0)
        return cls(
            lost=max(missing, not_completed),
            doubled=rows.total() - len(rows),
            repeated=lines.total() - len(lines),
            not_completed=not_completed,
        )
