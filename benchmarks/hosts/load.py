"""The jobs that go on being enqueued through the web machine, and the count of their effects afterwards."""

from __future__ import annotations

import http.client
import json
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.servers import database

BATCH = 20
"""Jobs of one request."""

PAUSE = 0.25
"""Seconds from one request to the next; two workers have time to spare, and one alone falls behind a little."""

SLOW = 0.06
"""Share of the jobs that take some hundred milliseconds."""

PATIENCE = 30.0
"""Seconds for which a client waits for an answer before it asks again."""

UNFINISHED = """
SELECT count(*) FROM jobs_job
WHERE starts_with(task, 'benchmarks.hosts.') AND state NOT IN ('completed', 'failed', 'cancelled')
"""

# Ticks of which there are several jobs, or none: the schedule has one each second from its first job to its last.
TICKS = """
SELECT count(*) - count(DISTINCT at), coalesce(extract(epoch FROM max(at) - min(at))::int + 1 - count(DISTINCT at), 0)
FROM (SELECT coalesce(due_at, run_at) AS at FROM jobs_job WHERE task = 'benchmarks.hosts.tick') ticks
"""

NOT_COMPLETED = """
SELECT count(*) FROM jobs_job WHERE starts_with(task, 'benchmarks.hosts.') AND state <> 'completed'
"""


class SocketConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket: how the clients reach web, also while it is cut off from the servers."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=PATIENCE)
        self.path = path

    def connect(self) -> None:
        """Open the socket."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


class Producer(threading.Thread):
    """A client that enqueues batches, one after another, and repeats each until it is told that it was committed."""

    def __init__(self, web: Path, dice: random.Random) -> None:
        super().__init__(name="producer", daemon=True)
        self.web, self.dice = web, dice
        self.jobs = 0
        self.unsettled = 0
        self.done = 0
        """Requests that were answered."""
        self.longest = 0.0
        self.hold = 0.0
        """Seconds for which the next request lingers in the middle of its transaction."""
        self._stopped = threading.Event()

    def run(self) -> None:
        """Enqueue until `finish`."""
        batch = 0
        while not self._stopped.wait(PAUSE):
            order = self._order()
            began = time.monotonic()
            while not self._enqueued(batch, order):
                self.unsettled += 1
                order["hold"] = 0.0
                time.sleep(0.2)
            self.longest = max(self.longest, time.monotonic() - began)
            batch = self.done = batch + 1

    def finish(self) -> None:
        """Return when the last batch has been enqueued."""
        self._stopped.set()
        self.join()

    def _order(self) -> dict[str, Any]:
        """Make the next jobs: two of four are atomic, one comes alone, as a person's tick does."""
        calls = [{"n": self.jobs + n, "seconds": self._seconds()} for n in range(BATCH)]
        self.jobs += BATCH
        hold, self.hold = self.hold, 0.0
        return {"book": calls[::2], "note": calls[1:-1:2], "single": calls[-1:], "hold": hold}

    def _seconds(self) -> float:
        return self.dice.uniform(0.2, 0.8) if self.dice.random() < SLOW else self.dice.uniform(0.0, 0.012)

    def _enqueued(self, batch: int, order: dict[str, Any]) -> bool:
        connection = SocketConnection(self.web)
        try:
            connection.request("POST", f"/batches/{batch}", json.dumps(order), {"Content-Type": "application/json"})
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def end_schedule() -> None:
    """Let no further tick make a job: one that is made while the workers end would wait for others."""
    from focusjobs.jobs.models import Schedule
    from focusjobs.jobs.schedules import set_enabled

    set_enabled(Schedule.objects.filter(name="hosts-tick").values_list("pk", flat=True), enabled=False)


def is_book(n: int) -> bool:
    """Tell whether a job is an atomic one."""
    return n % BATCH % 2 == 0


def unfinished() -> int:
    """Count jobs that have not ended."""
    with database() as session:
        return session.execute(UNFINISHED).fetchone()[0]


@dataclass(frozen=True)
class Audit:
    """What became of the jobs.

    lost: without effect, or not completed, or a tick without a job. doubled: rows of atomic jobs written twice, and
    ticks with two jobs. repeated: jobs whose row or line was written again.
    """

    lost: int
    doubled: int
    repeated: frozenset[int]
    ticks: int

    @classmethod
    def of(cls, jobs: int, file: Path) -> Audit:
        """Count the effects of the jobs 0 to `jobs`."""
        with database() as session:
            bookings = Counter(n for (n,) in session.execute("SELECT n FROM hosts_booking"))
            notes = Counter(n for (n,) in session.execute("SELECT n FROM hosts_note"))
            ticks = Counter(job for (job,) in session.execute("SELECT job FROM hosts_tick"))
            counted = session.execute("SELECT sum(booked)::int FROM hosts_total").fetchone()[0]
            doubled_ticks, missing_ticks = session.execute(TICKS).fetchone()
            not_completed = session.execute(NOT_COMPLETED).fetchone()[0]
        lines = Counter(int(line.split()[0]) for line in file.read_text().splitlines())
        missing = sum(n not in (bookings if is_book(n) else notes) for n in range(jobs))
        return cls(
            lost=max(missing, not_completed, len(bookings) - counted) + missing_ticks,
            doubled=max(_excess(bookings), counted - len(bookings)) + _excess(ticks) + doubled_ticks,
            repeated=frozenset(_repeated(notes) | _repeated(lines)),
            ticks=len(ticks),
        )


def _excess(found: Counter[int]) -> int:
    return found.total() - len(found)


def _repeated(found: Counter[int]) -> Set[int]:
    return {n for n, times in found.items() if times > 1}
