"""The signs of life of a Celery worker: its row, which its main process renews every few seconds."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from focusjobs.sql import rows

from ..models import Worker

BEAT = 5.0
"""Seconds between two signs of life."""

KEPT = timedelta(days=1)
"""How long workers that are gone stay in sight."""

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


def forget_old() -> None:
    """Forget workers that have been gone for a day."""
    Worker.objects.filter(seen_at__lt=timezone.now() - KEPT).delete()
