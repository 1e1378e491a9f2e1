"""The Celery task that answers wake-ups, and the job layer's own tasks."""

from __future__ import annotations

from celery import Task, shared_task

from .operations.background import run_operation
from .telling.wakeups import DRAIN_TASK
from .worker.drain import drain_and_stand_by

__all__ = ["drain_queue", "run_operation"]


# Acknowledged when it starts: a wake-up that is lost half-way costs nothing, since what waits is rung for again.
@shared_task(name=DRAIN_TASK, bind=True, ignore_result=True, acks_late=False)
def drain_queue(self: Task, *, queue: str) -> int:
    """Work a queue of the ledger off and stand by for more; answer how many jobs were run."""
    return drain_and_stand_by(queue, self.request.hostname or "")
