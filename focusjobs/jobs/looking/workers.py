"""The workers that there are: each renews a row every few seconds, and one that stopped doing so stays in sight."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import F
from django.utils import timezone

from ..domain.lifecycle import State
from ..models import Job, Worker

ALIVE_FOR = timedelta(seconds=20)
"""A worker that gave no sign for so long is silent: three were missed, and some time for a busy database."""

MOST_AT_WORK = 1_000
"""Jobs at work that are looked at."""

MOST_SHOWN = 20
"""Jobs of a worker that are shown."""


class Sign(StrEnum):
    """What is known of a worker, what needs a look first."""

    SILENT = "silent"
    LIVE = "live"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Known:
    """A worker, whether it lives, and jobs that it holds, those first that have been at work for longest."""

    worker: Worker
    state: Sign
    running: list[Job]

    @property
    def query(self) -> str:
        """The filter for its jobs."""
        return f"worker:{','.join(_names(self.worker))}"


def live_workers() -> list[Worker]:
    """Give the workers that gave a sign of life of late, by name."""
    now = timezone.now()
    return [worker for worker in Worker.objects.order_by("name") if state_of(worker, now) is Sign.LIVE]


def known_workers(now: datetime) -> list[Known]:
    """Give the workers that live or did of late, the silent ones first, in two statements however many there are."""
    order, held = list(Sign), _held()
    known = [_known(worker, held, now) for worker in Worker.objects.order_by("name")]
    return sorted(known, key=lambda it: order.index(it.state))


def _held() -> dict[str, list[Job]]:
    """Give jobs at work by the name of the process that holds them. Index: job_leased."""
    held: dict[str, list[Job]] = defaultdict(list)
    active = Job.objects.filter(state=State.ACTIVE).only("task", "worker", "started_at").order_by("leased_until")
    for job in active[:MOST_AT_WORK]:
        held[job.worker].append(job)
    return held


def _known(worker: Worker, held: dict[str, list[Job]], now: datetime) -> Known:
    jobs = [job for name in _names(worker) for job in held.get(name, ())]
    jobs.sort(key=lambda job: job.started_at or now)
    return Known(worker, state_of(worker, now), jobs[:MOST_SHOWN])


def _names(worker: Worker) -> list[str]:
    """Give the names under which the processes of a worker hold jobs."""
    return [f"{process}@{worker.host}" for process in sorted({worker.pid, *worker.processes})]


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
