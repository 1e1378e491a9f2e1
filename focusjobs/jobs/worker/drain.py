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
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice, takewhile
from os import getpid

import redis
from django.db import Error, connection

from .. import ledger
from ..telling import wakeups
from . import journal
from .attempt import is_atomic, run, run_together
from .publishing import publish
from .pulse import Pulse, pulse_of_process
from .settling import finish
from .standby import Roster

logger = logging.getLogger(__name__)

BUDGET = 2.0
"""Seconds after which a drain makes room for Celery's other messages."""

GROUP = 0.05
"""Seconds of finished work that wait, at most, to be written together; also what one batch should take."""

TOGETHER = 16, 500
"""Atomic jobs that share a transaction: at first, and at most. One that fails has all of its group run again by
themselves, so groups grow while they succeed and become small again when they do not."""

LONGEST_WAIT = 0.5
"""Seconds for which a drain waits for the next period of a rate limit; housekeeping rings after longer ones."""


@dataclass
class Pace:
    """How long the jobs of each task took of late, in seconds (a moving average), in this process."""

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(lambda: GROUP))
    together: int = TOGETHER[0]
    """Atomic jobs that share a transaction next time."""

    def note(self, task: str, took: float) -> None:
        """Take one more run into account."""
        self.seconds[task] = 0.8 * self.seconds[task] + 0.2 * took if task in self.seconds else took

    def note_group(self, *, succeeded: bool) -> None:
        """Let the next group of atomic jobs be larger or, after a failure, small."""
        self.together = min(self.together * 2, TOGETHER[1]) if succeeded else max(self.together // 8, 1)

    def batch_size(self, last: int, tasks: set[str]) -> int:
        """Give how many jobs to claim next, where the last claim took `last` jobs of these tasks."""
        slowest = max((self.seconds[task] for task in tasks), default=GROUP)
        most = max(1, min(int(GROUP / max(slowest, 1e-6)), last * 4))
        return max(size for size in ledger.SIZES if size <= most)


@dataclass
class Drain:
    """One answer to a wake-up of a queue."""

    queue: str
    pulse: Pulse
    pace: Pace
    ended: list[ledger.Ended] = field(default_factory=list)
    since: float = 0.0
    rung: float = 0.0
    is_limited: bool = False
    """Whether jobs waited at the last look that a limit kept back."""
    behind: str = ""
    """The limit key behind which the next claim of limited jobs begins."""

    def run(self, handed_over: Sequence[ledger.Claim] = ()) -> int:
        """Work the queue off until it is empty or the budget is spent; answer how many jobs were run.

        Begins with jobs that were claimed for this process by whoever enqueued them, under a short lease.
        """
        deadline = time.monotonic() + BUDGET
        done, size, turn = 0, 1, 0
        if handed_over:
            self.pulse.hold(handed_over, is_short=True)
            done += self._work_off(handed_over, deadline)
        while time.monotonic() < deadline:
            turn += 1
            batch = self._claim(size, turn)
            if not batch:
                if self._wait_for_room(deadline):
                    continue
                return done
            if batch[0].more:
                self._wake_another()
            batch = _apart(batch)
            done += self._work_off(batch, deadline)
            size = self.pace.batch_size(len(batch), {claim.task for claim in batch})
        wakeups.ring(self.queue)
        return done

    def _claim(self, size: int, turn: int) -> list[ledger.Claim]:
        """Take jobs; those with limits when there are no others, and at every fourth turn, so that they have theirs."""
        batch = ledger.claim(self.queue, size, worker_name(), self.pulse.lease)
        if batch and turn % 4:
            return batch
        self.is_limited, messages = ledger.other_work(self.queue)
        if messages:
            publish(self.queue)
        if self.is_limited:
            more, self.behind = ledger.claim_limited(self.queue, size, worker_name(), self.pulse.lease, self.behind)
            batch += more
        return batch

    def _wait_for_room(self, deadline: float) -> bool:
        """Wait for the next period of a limit that keeps jobs back, if it is near; tell whether it has begun."""
        seconds = ledger.seconds_until_room(self.queue) if self.is_limited else None
        if seconds is None or time.monotonic() + seconds > deadline or seconds > LONGEST_WAIT:
            return False
        threading.Event().wait(max(seconds, 0) + 0.001)
        return True

    def _wake_another(self) -> None:
        """Ring for one more worker, since there may be more than this one can do, but not at every claim."""
        if time.monotonic() - self.rung > GROUP:
            self.rung = time.monotonic()
            wakeups.ring(self.queue)

    def _work_off(self, batch: Sequence[ledger.Claim], deadline: float) -> int:
        self.pulse.hold(batch)
        began = self.since = time.monotonic()
        rest = deque(batch)
        try:
            while rest:
                if len(rest) < len(batch) and time.monotonic() > max(deadline, began + 10 * GROUP):
                    break  # a job took so long that the rest of its batch is better off with another worker
                if len(rest) > 1 and is_atomic(rest[0]):
                    self._run_together(rest)
                else:
                    self._run_one(rest.popleft())
        finally:
            try:
                self._write()
            finally:
                self._let_go(batch, rest)
        return len(batch) - len(rest)

    def _run_one(self, claim: ledger.Claim) -> None:
        start = time.monotonic()
        end = run(claim, self.pulse)
        self.pace.note(claim.task, time.monotonic() - start)
        if end is not None:
            self._keep([end])

    def _run_together(self, rest: deque[ledger.Claim]) -> None:
        """Run atomic jobs at the head of `rest` in one transaction; one by one where it cannot be committed."""
        group = list(takewhile(is_atomic, islice(rest, self.pace.together)))
        start = time.monotonic()
        for _ in group:
            rest.popleft()  # begun: where the process ends in one of them, they are not given back as if nothing were
        try:
            ended = run_together(group, self.pulse, GROUP)
        except Exception:  # each is run again by itself, and its own error becomes its outcome
            self.pace.note_group(succeeded=False)
            for claim in group:
                self._run_one(claim)
            return
        self.pace.note_group(succeeded=True)
        rest.extendleft(reversed(group[len(ended) :]))
        for end in ended:
            self.pace.note(end.claim.task, (time.monotonic() - start) / len(ended))
        self._keep(ended)

    def _keep(self, ended: Sequence[ledger.Ended]) -> None:
        if done := [end for end in ended if end.written]:
            with self.pulse.lock:
                self.pulse.drop([end.claim for end in done])
            journal.attempts_ended(done, {end.claim.id for end in done})
        self.ended += [end for end in ended if not end.written]
        if time.monotonic() - self.since > GROUP:
            self._write()

    def _write(self) -> None:
        if not self.ended:
            return
        finish(self.ended, self.pulse)
        self.ended = []
        self.since = time.monotonic()

    def _let_go(self, batch: Sequence[ledger.Claim], rest: Sequence[ledger.Claim]) -> None:
        """Keep no lease of a batch that is over, also of jobs whose end could not be written; give the rest back."""
        with self.pulse.lock:
            self.pulse.drop(batch)
            ledger.release(rest)


def _apart(batch: list[ledger.Claim]) -> list[ledger.Claim]:
    """Give the head of a batch in which a job whose worker has vanished is alone, and give the rest back.

    It may be what ends its worker; the jobs held with it would then stall as often as it does, and fail with it.
    """
    suspect = next((place for place, claim in enumerate(batch) if claim.stalls), len(batch))
    ledger.release(batch[max(suspect, 1) :])
    return batch[: max(suspect, 1)]


_pace = Pace()


def drain(rung: str | ledger.Claim) -> int:
    """Work a queue off, beginning with a job of it that was handed over; tell how many jobs were run."""
    if isinstance(rung, str):
        return Drain(rung, pulse_of_process(), _pace).run()
    return Drain(rung.queue, pulse_of_process(), _pace).run([rung])


def drain_and_stand_by(queue: str, node: str) -> int:
    """Answer one wake-up in a pool of the Celery worker `node`, then stand by for it; tell how many jobs were run."""
    wakeups.answer(queue)
    done = drain(queue)
    try:
        post = Roster(node).take_post(worker_name())
    except redis.RedisError:
        return done
    for rung in post.bells() if post else ():
        try:
            done += drain(rung)
        except Error:
            logger.exception("drain failed; standing by no longer", extra={"rung": str(rung)})
            connection.close()
            break
    return done


def worker_name() -> str:
    """Give the name under which this process holds jobs."""
    return f"{getpid()}@{socket.gethostname()}"
