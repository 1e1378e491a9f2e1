"""The Celery task that answers wake-ups."""

from __future__ import annotations

from celery import shared_task

from .wakeups import DRAIN_TASK
from .worker import drain


# Acknowledged when it starts: a wake-up that is lost half-way costs nothing, since what waits is rung for again.
@shared_task(name=DRAIN_TASK, ignore_result=True, acks_late=False)
def drain_queue(*, queue: str) -> int:
    """Work a queue of the ledger off; answer how many jobs were run."""
    return drain(queue)
