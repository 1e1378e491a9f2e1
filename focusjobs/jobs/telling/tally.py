"""Counts of how jobs ended, by task and queue: kept in each worker process, added to the ledger every few seconds.

A flush adds the counts since the last one to two rows of `Tally`: that of the current minute, for charts, and the one
of all time, whose minute is `EVER`, for metrics. So counters never fall when old minutes are pruned, and reading them
costs as many rows as there are tasks. What a process counted since its last flush is lost when it is killed: at most
`INTERVAL` seconds of counts, never a job.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from focusjobs.sql import array, columns, rows

from .events import Kind

INTERVAL = 5.0
"""Seconds between two flushes of a process, at least."""

KEPT = timedelta(days=90)
"""How long minutes are kept; the totals of all time stay."""

EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""The minute of the rows that hold the totals of all time."""

BOUNDS = (
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
    30.0,
    60.0,
    300.0,
    1800.0,
    7200.0,
)
"""Upper bounds of the histograms' buckets, in seconds; a last bucket takes what is longer.

Stored histograms have no bounds of their own: whoever changes these must empty the columns in a migration.
"""

# Adds counts to the row of this minute and to that of all time. Sorted, so that two processes lock the rows in the
# same order. Unique by tally_minute.
ADD = """
INSERT INTO jobs_tally AS old (minute, task, queue, completed, failed, errors, cancelled, run_seconds, wait_seconds,
                               run_buckets, wait_buckets)
SELECT minute, task, queue, completed, failed, errors, cancelled, run_seconds, wait_seconds,
       run_buckets::bigint[], wait_buckets::bigint[]
FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::float8[], %s::float8[],
            %s::text[], %s::text[])
     AS new (task, queue, completed, failed, errors, cancelled, run_seconds, wait_seconds, run_buckets, wait_buckets),
     (VALUES (timestamptz 'epoch'), (date_trunc('minute', now()))) AS period (minute)
ORDER BY minute, task, queue
ON CONFLICT (minute, task, queue) DO UPDATE
SET completed = old.completed + excluded.completed, failed = old.failed + excluded.failed,
    errors = old.errors + excluded.errors, cancelled = old.cancelled + excluded.cancelled,
    run_seconds = old.run_seconds + excluded.run_seconds, wait_seconds = old.wait_seconds + excluded.wait_seconds,
    run_buckets = ARRAY(SELECT coalesce(a, 0) + coalesce(b, 0)
                        FROM unnest(old.run_buckets, excluded.run_buckets) WITH ORDINALITY AS pair (a, b, place)
                        ORDER BY place),
    wait_buckets = ARRAY(SELECT coalesce(a, 0) + coalesce(b, 0)
                         FROM unnest(old.wait_buckets, excluded.wait_buckets) WITH ORDINALITY AS pair (a, b, place)
                         ORDER BY place)
"""

# Forgets minutes. Index: tally_minute.
PRUNE = "DELETE FROM jobs_tally WHERE minute > 'epoch' AND minute < %s RETURNING id"


def _no_jobs() -> list[int]:
    return [0] * (len(BOUNDS) + 1)


@dataclass(slots=True)
class Counts:
    """How the jobs of one task on one queue ended."""

    completed: int = 0
    failed: int = 0
    errors: int = 0
    cancelled: int = 0
    run_seconds: float = 0.0
    wait_seconds: float = 0.0
    run_buckets: list[int] = field(default_factory=_no_jobs)
    wait_buckets: list[int] = field(default_factory=_no_jobs)

    def ran(self, seconds: float) -> None:
        """Take one run's length into account."""
        self.run_seconds += seconds
        self.run_buckets[bisect_left(BOUNDS, seconds)] += 1

    def waited(self, seconds: float) -> None:
        """Take into account how long a job was due before its first attempt."""
        self.wait_seconds += seconds
        self.wait_buckets[bisect_left(BOUNDS, seconds)] += 1

    def note(self, kind: Kind) -> None:
        """Take one change of a job's state into account. An attempt whose worker vanished ended in an error."""
        if kind == Kind.COMPLETED:
            self.completed += 1
        elif kind == Kind.CANCELLED:
            self.cancelled += 1
        elif kind in (Kind.RETRYING, Kind.FAILED, Kind.STALLED):
            self.errors += 1
            self.failed += kind == Kind.FAILED

    def add(self, other: Counts) -> None:
        """Add another's counts."""
        self.completed += other.completed
        self.failed += other.failed
        self.errors += other.errors
        self.cancelled += other.cancelled
        self.run_seconds += other.run_seconds
        self.wait_seconds += other.wait_seconds
        self.run_buckets = [a + b for a, b in zip(self.run_buckets, other.run_buckets, strict=True)]
        self.wait_buckets = [a + b for a, b in zip(self.wait_buckets, other.wait_buckets, strict=True)]


Key = tuple[str, str]
"""A task and a queue."""


class Tallies:
    """The counts of one process since its last flush. `lock` is held while they are changed: once a group of jobs."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self._counts: dict[Key, Counts] = {}
        self._flushed = time.monotonic()

    def of(self, task: str, queue: str) -> Counts:
        """Give the counts of a task on a queue, to be added to. The caller holds `lock`."""
        counts = self._counts.get((task, queue))
        if counts is None:
            counts = self._counts[task, queue] = Counts()
        return counts

    def flush_if_due(self) -> None:
        """Flush unless that was done less than `INTERVAL` seconds ago. Raises `django.db.Error`."""
        if time.monotonic() - self._flushed >= INTERVAL:
            self.flush()

    def flush(self) -> None:
        """Add what was counted to the ledger; where that fails, keep it and raise `django.db.Error`."""
        with self.lock:
            counts, self._counts = self._counts, {}
        self._flushed = time.monotonic()
        try:
            write(counts.items())
        except BaseException:
            self._give_back(counts)
            raise

    def _give_back(self, counts: dict[Key, Counts]) -> None:
        with self.lock:
            for (task, queue), kept in counts.items():
                self.of(task, queue).add(kept)


def write(counts: Iterable[tuple[Key, Counts]]) -> None:
    """Add counts to the ledger, in one statement."""
    added = [(*key, *_values(count)) for key, count in counts]
    if added:
        rows(ADD, columns(added, tuple))


def _values(counts: Counts) -> tuple[object, ...]:
    return (
        *(counts.completed, counts.failed, counts.errors, counts.cancelled, counts.run_seconds, counts.wait_seconds),
        # As text, since `unnest` would flatten an array of arrays.
        *(array(counts.run_buckets), array(counts.wait_buckets)),
    )


def prune(before: datetime) -> int:
    """Forget the minutes before this instant, and answer how many rows went. The totals of all time stay."""
    return len(rows(PRUNE, [before]))


of_process = Tallies()
"""What this process counted. A pool's child starts with a copy of its parent's, which counts nothing."""
