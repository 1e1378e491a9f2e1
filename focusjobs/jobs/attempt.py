"""One attempt of a job: run its task and say what follows from how it ended."""

from __future__ import annotations

import json
import logging
import random
import traceback
from datetime import timedelta
from typing import Any

from celery import current_app
from django.db import transaction

from . import journal
from .context import JobContext, running
from .definition import Task
from .domain.backoff import Fixed
from .domain.lifecycle import State
from .domain.text import storable
from .errors import LeaseLost, Signal, Snooze, UnknownTask
from .ledger import Claim, Ended, finish
from .pulse import Pulse, as_json
from .results import Failure

logger = logging.getLogger(__name__)

UNKNOWN_TASK = Fixed(wait=timedelta(minutes=1))
"""The backoff of a job whose task this worker does not have, as happens while a release is rolled out."""

MAX_ERROR = 1_000
"""Characters of the one-line error that a job shows."""

MAX_TRACEBACK = 50_000
"""Characters of a traceback that are kept, from its end."""


def run(claim: Claim, pulse: Pulse) -> Ended | None:
    """Run one attempt and answer how it ended, or None where it has been written already or was taken over."""
    if claim.expired:
        return Ended(claim=claim, state=State.CANCELLED, outcome="expired", error="Not started before it expired.")
    context = JobContext(claim.id, claim.attempt, claim.max_attempts)
    pulse.watch(claim, context)
    task: Task[..., Any] | None = None
    try:
        with running(context):
            task = find(claim.task)
            if task.atomic:
                _run_atomically(task, claim, context, pulse)
                return None
            return _completed(claim, context, _call(task, claim))
    except LeaseLost:
        logger.warning("job %s lost its lease; what it did is rolled back", claim.id, extra={"job_id": claim.id})
        return None
    except Exception as error:  # whatever a task raises is the outcome of its attempt
        return _unsuccessful(claim, context, task, error)


def find(name: str) -> Task[..., Any]:
    """Give a task by its name. Raises `UnknownTask` where this worker does not have it."""
    found = current_app.tasks.get(name)
    if not isinstance(found, Task):
        raise UnknownTask(f"This worker has no task “{name}”.")
    return found


def _call(task: Task[..., Any], claim: Claim) -> str | None:
    value = task.run(**json.loads(claim.arguments))
    return None if value is None else json.dumps(value, allow_nan=False)


def _run_atomically(task: Task[..., Any], claim: Claim, context: JobContext, pulse: Pulse) -> None:
    """Run and finish in one transaction: both happen or neither. Raises `LeaseLost` to roll back."""
    with transaction.atomic():
        end = _completed(claim, context, _call(task, claim))
        if not finish([end]):
            raise LeaseLost(str(claim.id))
    with pulse.lock:
        pulse.drop([claim])
    journal.attempts_ended([end], {claim.id})


def _completed(claim: Claim, context: JobContext, value: str | None) -> Ended:
    progress, lines = context.take_reports()
    return Ended(
        claim=claim,
        state=State.COMPLETED,
        outcome="completed",
        value=value,
        progress=as_json(progress),
        lines=lines,
    )


def _unsuccessful(claim: Claim, context: JobContext, task: Task[..., Any] | None, error: Exception) -> Ended:
    progress, lines = context.take_reports()
    report: dict[str, Any] = {
        "claim": claim,
        "error": one_line(error),
        "failure": Failure(type(error).__qualname__, type(error).__module__, _message(error)[:MAX_ERROR]),
        "progress": as_json(progress),
        "lines": lines,
    }
    if isinstance(error, Signal):
        return _steered(error, report)
    report["traceback"] = _traceback(error)
    delay = _wait(claim, task, error)
    if delay is None:
        return Ended(**report, state=State.FAILED, outcome="failed")
    return Ended(**report, state=State.DELAYED if delay else State.WAITING, outcome="failed", delay=delay)


def _steered(signal: Signal, report: dict[str, Any]) -> Ended:
    report["error"] = _message(signal)[:MAX_ERROR]
    if isinstance(signal, Snooze):
        return Ended(**report, state=State.DELAYED, outcome="snoozed", delay=signal.delay, refund=1)
    return Ended(**report, state=State.CANCELLED, outcome="cancelled")


def _wait(claim: Claim, task: Task[..., Any] | None, error: Exception) -> timedelta | None:
    """Give the wait before the next attempt, or None where there is none."""
    if claim.attempt >= claim.max_attempts or (task and isinstance(error, task.give_up_on)):
        return None
    backoff = task.backoff if task else UNKNOWN_TASK
    tries = claim.attempt - (claim.max_attempts - claim.tries)
    return backoff.delay(tries, error, random.random())  # noqa: S311 - jitter is no secret


def one_line(error: BaseException) -> str:
    """Give an exception as its class and the first line of its message."""
    message = _message(error).strip().split("\n", 1)[0]
    return (f"{type(error).__name__}: {message}" if message else type(error).__name__)[:MAX_ERROR]


def _traceback(error: BaseException) -> str:
    return storable("".join(traceback.format_exception(error)))[-MAX_TRACEBACK:]


def _message(error: BaseException) -> str:
    try:
        return storable(str(error))
    except Exception:  # a task's own exception may be broken; its class is told all the same
        return "its message could not be made"
