"""The workers that there are: each renews a row every few seconds, and one that stopped doing so stays in sight."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from focusjobs.sql import rows

from ..domain.lifecycle import State
from ..models import Job, Worker

BEAT = 5.0
"""Seconds between two signs of life."""

ALIVE_FOR = timedelta(seconds=20)
"""A worker that gave none for so long is silent: three were missed, and some time for a busy database."""

KEPT = timedelta(days=1)
"""How long workers that are gone stay in sight."""

MOST_RUNNING = 50
"""Jobs of a worker that are shown."""

# Renews a worker's row, by the database's clock; one that began anew is another worker under the old name. Index:
# primary key.
BEAT_OF = """
INSERT INTO jobs_worker AS old (name, host, pid, processes, queues, concurrency, release, memory, started_at, seen_at)
VALUES (%(name)s, %(host)s, %(pid)s, %(processes)s, %(queues)s, %(concurrency)s, %(release)s, %(memory)s, now(), now())
ON CONFLICT (name) DO UPDATE
SET host = excluded.host, pid = excluded.pid, processes = excluded.processes, queues = excluded.queues,
    concurrency = excluded.concurrency, release = excluded.release, memory = excluded.memory, seen_at = now(),
    started_at = CASE WHEN old.pid = excluded.pid AND old.host = excluded.host AND old.stopped_at IS NULL
                      THEN old.started_at ELSE now() END,
    stopped_at = NULL
"""

# Notes a release that was never seen before. Index: primary key.
NOTE_RELEASE = "INSERT INTO jobs_release (name, first_seen) VALUES (%s, now()) ON CONFLICT (name) DO NOTHING"

# Notes that a worker stopped in good order. Index: primary key.
STOPPED = "UPDATE jobs_worker SET stopped_at = now() WHERE name = %s AND pid = %s"


class Sign(StrEnum):
    """What is known of a worker."""

    LIVE = "live"
    SILENT = "silent"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Known:
    """A worker, whether it lives, and the jobs that it holds."""

    worker: Worker
    state: Sign
    running: list[Job] = field(default_factory=list)


class Heart:
    """Gives the signs of life of a Celery worker, from its main process."""

    def __init__(self, worker: Any) -> None:
        self.worker = worker
        self.due: datetime | None = None
        self.release_noted = False

    def beat(self) -> None:
        """Give a sign if it is time to."""
        now = timezone.now()
        if self.due is not None and now < self.due:
            return
        self.due = now + timedelta(seconds=BEAT)
        if not self.release_noted:
            rows(NOTE_RELEASE, [settings.RELEASE])
            self.release_noted = True
        processes = self._processes()
        told = {"processes": processes, "queues": self._queues(), "memory": memory_of([os.getpid(), *processes])}
        rows(BEAT_OF, {**self._identity, **told})

    def stop(self) -> None:
        """Note that the worker stops."""
        rows(STOPPED, [self.worker.hostname, os.getpid()])

    @cached_property
    def _identity(self) -> dict[str, Any]:
        return {
            "name": self.worker.hostname[:200],
            "host": socket.gethostname()[:200],
            "pid": os.getpid(),
            "concurrency": int(getattr(self.worker, "concurrency", None) or 1),
            "release": settings.RELEASE,
        }

    def _queues(self) -> list[str]:
        return sorted(name for name in self.worker.app.amqp.queues.consume_from if name in settings.JOBS_QUEUES)

    def _processes(self) -> list[int]:
        """Give the processes of its pool; a pool of threads has none of its own."""
        pool = getattr(getattr(self.worker, "pool", None), "_pool", None)
        return sorted(process.pid for process in getattr(pool, "_pool", ()) if getattr(process, "pid", None))


def memory_of(processes: Iterable[int]) -> int | None:
    """Give the bytes of memory that processes take; None where the system does not tell.

    What they share counts for each. Linux tells in `/proc/PID/statm` (proc_pid_statm(5)), in pages.
    """
    sizes = [size for number in processes if (size := _resident(number)) is not None]
    return sum(sizes) if sizes else None


def _resident(process: int) -> int | None:
    try:
        fields = Path(f"/proc/{process}/statm").read_text("ascii").split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None


def live_workers() -> list[Worker]:
    """Give the workers that gave a sign of life of late, by name."""
    return [known.worker for known in _known() if known.state == Sign.LIVE]


def known_workers() -> list[Known]:
    """Give the workers that live or did of late, each with the jobs that it holds; the silent ones first."""
    order, there = list(Sign), _known()
    held = _held([it.worker for it in there])
    known = [Known(it.worker, it.state, _longest_first(it.worker, held)) for it in there]
    return sorted(known, key=lambda it: (it.state != Sign.SILENT, order.index(it.state), it.worker.name))


def queues_served() -> set[str]:
    """Give the queues that a live worker takes."""
    return {queue for worker in live_workers() for queue in worker.queues}


def _held(workers: Iterable[Worker]) -> dict[str, list[Job]]:
    """Give jobs that workers hold, by the name of the process; all in one statement. Index: job_leased."""
    names = [name for worker in workers for name in _names(worker)]
    place = Window(RowNumber(), partition_by=F("worker"), order_by="leased_until")
    jobs = Job.objects.filter(state=State.ACTIVE, worker__in=names).annotate(place=place)
    held: dict[str, list[Job]] = {}
    for job in jobs.filter(place__lte=MOST_RUNNING) if names else ():
        held.setdefault(job.worker, []).append(job)
    return held


def _names(worker: Worker) -> list[str]:
    """Give the names under which the processes of a worker hold jobs."""
    return [f"{process}@{worker.host}" for process in {worker.pid, *worker.processes}]


def _longest_first(worker: Worker, held: dict[str, list[Job]]) -> list[Job]:
    now = timezone.now()
    jobs = [job for name in _names(worker) for job in held.get(name, ())]
    return sorted(jobs, key=lambda job: job.started_at or now)[:MOST_RUNNING]


def of_job(job: Job) -> Worker | None:
    """Give the worker whose process held a job last, if it is known."""
    process, at, host = job.worker.partition("@")
    if not at or not process.isdecimal():
        return None
    for worker in Worker.objects.filter(host=host).order_by(F("stopped_at").asc(nulls_first=True), "-seen_at"):
        if int(process) in (worker.pid, *worker.processes):
            return worker
    return None


def state_of(worker: Worker, now: datetime) -> Sign:
    """Tell whether a worker lives."""
    if worker.stopped_at is not None:
        return Sign.STOPPED
    return Sign.LIVE if now - worker.seen_at < ALIVE_FOR else Sign.SILENT


def forget_old() -> None:
    """Forget workers that have been gone for a day."""
    Worker.objects.filter(seen_at__lt=timezone.now() - KEPT).delete()


def _known() -> list[Known]:
    now = timezone.now()
    return [Known(worker, state_of(worker, now)) for worker in Worker.objects.order_by("name")]
