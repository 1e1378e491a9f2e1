"""The pulse of a worker process: one thread that keeps the leases of running jobs and writes what they report.

A job is held from its claim to its finish. Every `BEAT` the thread prolongs the leases that are a third gone and
writes new progress and log lines, in one statement each for all jobs of the process. Where the database is away it
goes on trying; the leases then run out, and whoever takes the jobs over is protected by their fences. It also looks
whether the jobs are still this process's: a task whose job was cancelled is told to stop.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from billiard.process import current_process
from django.conf import settings
from django.db import Error, connection, transaction

from .. import ledger
from ..context import JobContext, Line, as_json
from ..declaring.definition import GRACE
from ..declaring.registry import find
from ..errors import JobTimeout, LeaseLost
from ..telling import tally
from . import journal
from .outcome import what_follows

logger = logging.getLogger(__name__)

BEAT = 0.5
"""Seconds between two looks at the held jobs."""


@dataclass
class Held:
    """A claimed job, its lease, and its context once it runs; times are the monotonic clock's.

    since: when the lease was last prolonged. claimed: when it began.
    """

    claim: ledger.Claim
    since: float
    claimed: float
    context: JobContext | None = None


class Pulse:
    """Keeps the leases of one process.

    `lock` is held while leases are written and while jobs are finished, since two statements that lock the same rows
    in different orders would wait for each other.
    """

    def __init__(self, lease: timedelta) -> None:
        self.lease = lease
        self.lock = threading.Lock()
        self.held: dict[int, Held] = {}
        self.lost: set[int] = set()
        self._wake = threading.Event()
        threading.Thread(target=self._run, name="pulse", daemon=True).start()

    def hold(self, claims: Iterable[ledger.Claim], *, is_short: bool = False) -> None:
        """Begin to keep these leases; those that are short are prolonged at the next beat."""
        now = time.monotonic()
        since = now - self.lease.total_seconds() if is_short else now
        with self.lock:
            for claim in claims:
                self.held.setdefault(claim.id, Held(claim, since, now))

    def watch(self, claim: ledger.Claim, context: JobContext) -> None:
        """Write what this running job reports. Raises `LeaseLost` where it is known not to be this process's."""
        with self.lock:
            if claim.id in self.lost:
                raise LeaseLost(str(claim.id))
            if claim.id in self.held:
                self.held[claim.id].context = context

    def drop(self, claims: Iterable[ledger.Claim]) -> None:
        """Keep these leases no longer. The caller holds `lock`."""
        for claim in claims:
            self.held.pop(claim.id, None)
            self.lost.discard(claim.id)

    def _run(self) -> None:
        while True:
            self._wake.wait(BEAT)
            try:
                self.beat()
                tally.of_process.flush_if_due()
            except Error as error:
                logger.warning("leases not prolonged, or counts not written", extra={"error": str(error)})
                connection.close()

    def beat(self) -> None:
        """Prolong what needs it, write what was reported, and see what has been taken away."""
        with self.lock:
            self._end_overdue()
            self._look()
            due = [(held, *_reports(held)) for held in self.held.values() if self._is_due(held)]
            if due:
                try:
                    kept = self._write(due)
                except Error:
                    _give_back(due)
                    raise
        if due:  # without the lock, since Redis may be slow
            journal.progressed(
                [(held.claim, news) for held, news, _ in due if news is not None and held.claim.id in kept]
            )

    def _end_overdue(self) -> None:
        """End a job that goes on long after its timeout; in a pool's child, with the process that cannot be stopped."""
        now = time.monotonic()
        for held in list(self.held.values()):
            overdue_at = held.context.overdue_at if held.context else None
            if overdue_at is not None and now > overdue_at + GRACE.total_seconds():
                self._end(held)

    def _end(self, held: Held) -> None:
        error = JobTimeout(f"It ignored its timeout for {GRACE}; its process was killed.")
        logger.error("job %s ignores its timeout", held.claim.id, extra={"job_id": held.claim.id})
        end = what_follows(held.claim, find(held.claim.task), error, held.context)
        journal.attempts_ended([end], ledger.finish([end]))
        self._lose(held)
        if current_process().name != "MainProcess":  # a child of Celery's prefork pool, which will be replaced
            ledger.release([other.claim for other in self.held.values() if other.context is None])
            os.kill(os.getpid(), signal.SIGKILL)

    def _look(self) -> None:
        """Give up jobs that were cancelled or taken over; those of the last beat are left for the next one."""
        now = time.monotonic()
        seen = [held for held in self.held.values() if now - held.claimed > BEAT]
        standing = ledger.standing([held.claim for held in seen])
        for held in seen:
            if held.claim.id not in standing:
                self._lose(held)

    def _lose(self, held: Held) -> None:
        logger.warning("lease lost", extra={"job_id": held.claim.id, "attempt": held.claim.attempt})
        self.held.pop(held.claim.id, None)
        self.lost.add(held.claim.id)
        if held.context:
            held.context.mark_cancelled()

    def _is_due(self, held: Held) -> bool:
        has_news = held.context is not None and held.context.has_reports()
        return has_news or time.monotonic() - held.since > self.lease.total_seconds() / 3

    def _write(self, due: list[tuple[Held, Any, list[Line]]]) -> set[int]:
        now = time.monotonic()
        with transaction.atomic():
            kept = ledger.extend([(held.claim, as_json(progress)) for held, progress, _ in due], self.lease)
            ledger.write_log([(held.claim, line) for held, _, lines in due if held.claim.id in kept for line in lines])
        for held, _, _ in due:
            held.since = now
            if held.claim.id not in kept:
                self._lose(held)
        return kept


def _reports(held: Held) -> tuple[Any, list[Line]]:
    return held.context.take_reports() if held.context else (None, [])


def _give_back(due: list[tuple[Held, Any, list[Line]]]) -> None:
    for held, progress, lines in due:
        if held.context:
            held.context.give_back(progress, lines)


_pulses: dict[int, Pulse] = {}
_pulses_lock = threading.Lock()


def pulse_of_process() -> Pulse:
    """Give this process's pulse, started on first use: a thread does not survive the fork that makes a pool's child."""
    with _pulses_lock:
        if os.getpid() not in _pulses:
            _pulses.clear()
            _pulses[os.getpid()] = Pulse(settings.JOBS_LEASE)
        return _pulses[os.getpid()]
