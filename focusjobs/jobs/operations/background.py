"""Operations in the background: a job of the job layer itself, called again by housekeeping wherever one was lost."""

from __future__ import annotations

from focusjobs.sql import rows

from ..context import current_job
from ..declaring.definition import task
from . import running, statements

QUEUE = "operations"
"""A queue of its own: what operators do must not wait behind what it is about, nor stop when that is paused."""

SLICE = 5.0
"""Seconds after which a job makes room for others."""

ATTEMPTS = 5


@task(queue=QUEUE, name="focusjobs.jobs.run_operation", attempts=ATTEMPTS)
def run_operation(*, operation: int) -> None:
    """Do what there is to do for an operation; where it fails for good, the operation stops with the error."""
    job = current_job()
    try:
        if running.advance(operation, SLICE):
            ring(operation)
    except Exception as error:
        if job.attempt >= job.max_attempts:
            running.give_up(operation, f"{type(error).__name__}: {error}")
        raise


def ring(operation: int) -> None:
    """Have an operation looked at in the background, once however often this is called before it begins."""
    run_operation.using(unique_key=f"operation:{operation}", unique_until="started").enqueue(operation=operation)


def wake() -> None:
    """Have those operations looked at whose time has come."""
    for (number,) in rows(statements.WAKE, {"later": running.GRACE}):
        ring(number)
