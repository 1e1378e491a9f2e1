"""Workers of a test: drains in this thread, or several at once."""

from __future__ import annotations

from collections.abc import Sequence

from focusjobs.jobs.models import Job
from focusjobs.jobs.worker import drain as worker
from tests.threads import at_once


def drain(*queues: str) -> None:
    """Run what is due until nothing is."""
    while any(worker.drain(queue) for queue in queues or ["default"]):
        pass


def drain_with(workers: int, *queues: str) -> None:
    """Let that many workers drain queues at the same time until nothing is due."""
    at_once(*[lambda: drain(*queues)] * workers)


def states(numbers: Sequence[int]) -> list[str]:
    """Give the states of jobs in the order of their numbers."""
    return list(Job.objects.filter(pk__in=numbers).order_by("pk").values_list("state", flat=True))


def state(number: int) -> str:
    """Give a job's state."""
    return Job.objects.get(pk=number).state
