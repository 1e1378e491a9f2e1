"""The drain: what a Celery worker does when a queue's wake-up reaches it.

It claims due jobs in batches, runs them one after another and finishes them in groups, until the queue is empty or its
time is up; then it rings for whoever comes next. How many it claims at once follows from how long its tasks took of
late, so that quick jobs share their round trips and a slow one never keeps others waiting behind it.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from os import getpid

from django.db import Error, connection

from . import journal, ledger, wakeups
from .attempt import run
from .pulse import Pulse, pulse_of_process

logger = logging.getLogger(__name__)

BUDGET = 2.0
"""Seconds after which a drain makes room for Celery's other messages."""

GROUP = 0.05
"""Seconds of finished work that wait, at most, to be written together; also what one batch should take."""

LARGEST = 500
"""Jobs that one claim takes at most."""


@dataclass
class Pace:
    """How long the jobs of each task took of late, in seconds (a moving average), in this process."""

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(lambda: GROUP))

    def note(self, task: str, took: float) -> None:
        """Take one more run into account."""
        self.seconds[task] = 0.8 * self.seconds[task] + 0.2 * took if task in self.seconds else took

    def batch_size(self, last: int, tasks: set[str]) -> int:
        """Give how many jobs to claim next, where the last claim took `last` jobs of these tasks."""
        slowest = max((self.seconds[task] for task in tasks), default=GROUP)
        return max(1, min(int(GROUP / max(slowest, 1e-6)), last * 4, LARGEST))


@dataclass
class Drain:
    """One answer to a wake-up of a queue."""

    queue: str
    pulse: Pulse
    pace: Pace
    ended: list[ledger.Ended] = field(default_factory=list)
    since: float = 0.0

    def run(self) -> int:
        """Work the queue off until it is empty or the budget is spent; answer how many jobs were run."""
        wakeups.answer(self.queue)
        deadline = time.monotonic() + BUDGET
        done, size = 0, 1
        while time.monotonic() < deadline:
            batch = ledger.claim(self.queue, size, worker_name(), self.pulse.lease)
            if not batch:
                return done
            if len(batch) == size:
                wakeups.ring(self.queue)
            done += self._work_off(batch, deadline)
            size = self.pace.batch_size(len(batch), {claim.task for claim in batch})
        wakeups.ring(self.queue)
        return done

    def _work_off(self, batch: Sequence[ledger.Claim], deadline: float) -> int:
        self.pulse.hold(batch)
        began = self.since = time.monotonic()
        started = 0
        try:
            for claim in batch:
                if started and time.monotonic() > max(deadline, began + 10 * GROUP):
                    break  # a job took so long that the rest of its batch is better off with another worker
                started += 1
                self._run_one(claim)
        finally:
            try:
                self._write()
            finally:
                self._let_go(batch, started)
        return started

    def _run_one(self, claim: ledger.Claim) -> None:
        start = time.monotonic()
        end = run(claim, self.pulse)
        self.pace.note(claim.task, time.monotonic() - start)
        if end is None:
            return
        self.ended.append(end)
        if time.monotonic() - self.since > GROUP:
            self._write()

    def _write(self) -> None:
        if not self.ended:
            return
        finish(self.ended, self.pulse)
        self.ended = []
        self.since = time.monotonic()

    def _let_go(self, batch: Sequence[ledger.Claim], started: int) -> None:
        """Keep no lease of a batch that is over, also of jobs whose end could not be written; give the rest back."""
        with self.pulse.lock:
            self.pulse.drop(batch)
            ledger.release(batch[started:])


def finish(ended: Sequence[ledger.Ended], pulse: Pulse) -> None:
    """Write how attempts ended, trying again while their leases last; PostgreSQL may be restarting.

    Raises the database's error once the leases are over; by then the jobs are another worker's.
    """
    deadline = time.monotonic() + pulse.lease.total_seconds()
    while True:
        try:
            with pulse.lock:
                kept = ledger.finish(ended)
                pulse.drop([end.claim for end in ended])
        except Error:
            if connection.in_atomic_block or time.monotonic() > deadline:
                raise
            logger.warning("outcomes not written yet", extra={"jobs": len(ended)}, exc_info=True)
            connection.close()
            threading.Event().wait(0.5)
            continue
        return journal.attempts_ended(ended, kept)


_pace = Pace()


def drain(queue: str) -> int:
    """Answer one wake-up of a queue; tell how many jobs were run."""
    return Drain(queue, pulse_of_process(), _pace).run()


def worker_name() -> str:
    """Give the name under which this process holds jobs."""
    return f"{getpid()}@{socket.gethostname()}"
