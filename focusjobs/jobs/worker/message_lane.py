"""The lane in which each job has a Celery message of its own, for canvas, hard time limits and termination.

The job is a row of the ledger like any other. The drain of its queue publishes the message; when it reaches a worker,
Celery runs the task and the attempt claims its job first, so that a message that comes twice does nothing. A failed
attempt goes back to the ledger for its backoff, and Celery hears of the failure only when it is final.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from celery.exceptions import Ignore, MaxRetriesExceededError, Retry
from django.conf import settings
from kombu.utils.json import dumps

from .. import ledger
from ..declaring.registry import find
from ..domain.identity import job_id_of
from ..domain.lifecycle import State
from . import journal
from .attempt import run as run_attempt
from .drain import worker_name
from .outcome import what_follows
from .pulse import pulse_of_process
from .settling import finish

if TYPE_CHECKING:
    from celery.result import AsyncResult

    from ..declaring.call import Call
    from ..declaring.definition import Task

NOT_SENT = frozenset({"producer", "connection", "publisher", "add_to_parent", "retry", "retry_policy"})
"""Options of `apply_async` that speak of the call, not of the message."""


def enqueue(call: Call[Any], args: tuple[Any, ...], kwargs: dict[str, Any], extra: dict[str, Any]) -> AsyncResult[Any]:
    """Write a job with what its Celery message is to carry besides the arguments: links, group, chord and the like."""
    task, celery_id = call.task, extra.pop("task_id", None)
    if celery_id is not None and celery_id == task.request.id:
        return task.AsyncResult(celery_id)  # `self.retry`: the attempt under way will put its own job off
    sent = {name: value for name, value in extra.items() if name not in NOT_SENT}
    if celery_id is not None and ledger.number_of(celery_id) is not None:
        return task.AsyncResult(celery_id)  # what follows in a chain is called again where a job in it runs twice
    job = call.job(*args, **kwargs)
    options = {**json.loads(job.options or "{}"), "celery": json.loads(dumps(sent))}
    made = ledger.insert([replace(job, celery_id=celery_id, options=json.dumps(options))])[0]
    return task.AsyncResult(celery_id or made.task_id)


def run(task: Task[..., Any]) -> Any:
    """Run an attempt for the Celery message at hand, and tell Celery what it needs to know of its end.

    Raises the task's exception where the job has failed for good, and `Ignore` where Celery has nothing to do.
    """
    pulse = pulse_of_process()
    claim = ledger.claim_by_task_id(str(task.request.id), worker_name(), settings.JOBS_LEASE)
    if claim is None:
        raise Ignore("The job does not wait: it is running, has ended or was cancelled.")
    pulse.hold([claim])
    try:
        end = run_attempt(claim, pulse)
        if end is not None and not end.written:
            finish([end], pulse)
    finally:
        with pulse.lock:
            pulse.drop([claim])
    if end is None:
        raise Ignore("The lease was lost.")
    if end.state == State.COMPLETED:
        return None if end.value is None else json.loads(end.value)
    if end.state == State.FAILED and end.exception is not None:
        raise _final(end.exception)
    raise Ignore(end.outcome)


def _final(error: Exception) -> Exception:
    """Give what Celery is to hear: its own `Retry` would have it wait for an attempt that does not come."""
    return (error.exc or MaxRetriesExceededError(str(error))) if isinstance(error, Retry) else error


def process_lost(task_id: str, error: Exception) -> bool:
    """Note that Celery ended the process of an attempt; tell whether that was the job's last attempt."""
    claim = ledger.held_by_task_id(task_id)
    if claim is None:
        return True
    end = what_follows(claim, find(claim.task), error)
    journal.attempts_ended([end], ledger.finish([end]))
    return end.state == State.FAILED


def revoked(task_id: str, reason: str) -> None:
    """Cancel the job of a message that was revoked, whether it waits or runs."""
    from ..interventions import cancel  # interventions import the results, and those this module

    number = job_id_of(task_id) or ledger.number_of(task_id)
    if number is not None:
        cancel([number], reason, active=True)
