"""What follows from how an attempt ended: the next state of its job, and what is kept of it."""

from __future__ import annotations

import random
import traceback
from datetime import UTC, datetime, timedelta
from numbers import Real
from typing import Any

from celery.exceptions import Ignore, Retry

from ..context import JobContext, as_json
from ..declaring.definition import Task
from ..domain.backoff import Fixed
from ..domain.job import FARTHEST
from ..domain.lifecycle import State
from ..domain.text import storable
from ..errors import Cancel, Snooze, WaitForChildren
from ..ledger import Claim, Ended
from ..ledger.results import Failure
from .mistakes import mistake_of

UNKNOWN_TASK = Fixed(wait=timedelta(minutes=1))
"""The backoff of a job whose task this worker does not have, as happens while a release is rolled out."""

MAX_ERROR = 1_000
"""Characters of the one-line error that a job shows."""

MAX_TRACEBACK = 50_000
"""Characters of a traceback that are kept, from its end."""


def completed(claim: Claim, context: JobContext, value: str | None) -> Ended:
    """Give the end of an attempt whose task returned `value`, as JSON; None where it returned nothing."""
    if not context.has_reports():
        return Ended(claim=claim, state=State.COMPLETED, outcome="completed", value=value, took=context.seconds())
    progress, lines = context.take_reports()
    return Ended(
        claim=claim,
        state=State.COMPLETED,
        outcome="completed",
        value=value,
        progress=as_json(progress),
        lines=lines,
        took=context.seconds(),
    )


def what_follows(
    claim: Claim, task: Task[..., Any] | None, error: Exception, context: JobContext | None = None
) -> Ended:
    """Give the end of an attempt that raised: postponed, cancelled, another attempt after a wait, or failed."""
    report = _report(claim, error, context)
    if steered := _steered(error):
        return Ended(**{**report, "error": _message(error)[:MAX_ERROR], **steered})
    report["traceback"] = _traceback(error)
    cause = _cause(error)
    report["mistake"] = mistake_of(claim.task, cause, _message(cause))
    try:
        delay = _wait(claim, task, error)
    except Exception as broken:  # a task's own backoff may be; the job says so
        report["error"] = f"{report['error']} (and its backoff: {_one_line(broken)})"[:MAX_ERROR]
        delay = None
    if delay is None:
        return Ended(**report, state=State.FAILED, outcome="failed")
    state = State.DELAYED if delay else State.WAITING
    # Celery's own way of asking for another attempt, which counts as any other does, so that it ends.
    outcome = "retried" if isinstance(error, Retry) else "failed"
    return Ended(**report, state=state, outcome=outcome, delay=min(delay, FARTHEST))


def _report(claim: Claim, error: Exception, context: JobContext | None) -> dict[str, Any]:
    """Give what is kept of an attempt that raised, whatever follows."""
    progress, lines = context.take_reports() if context else (None, [])
    return {
        "claim": claim,
        "error": _one_line(error),
        "failure": _failure(error),
        "progress": as_json(progress),
        "lines": lines,
        "exception": error,
        "took": context.seconds() if context else 0.0,
    }


def _failure(error: Exception) -> Failure:
    return Failure(type(error).__qualname__, type(error).__module__, _message(error)[:MAX_ERROR])


def unwritable(claim: Claim, error: Exception) -> Ended:
    """Give the end of an attempt whose own end the database refuses to keep."""
    said = f"Its outcome could not be written: {_one_line(error)}"[:MAX_ERROR]
    group = mistake_of(claim.task, error, _message(error))
    return Ended(
        claim=claim, state=State.FAILED, outcome="unwritable", error=said, failure=_failure(error), mistake=group
    )


def _steered(error: Exception) -> dict[str, Any] | None:
    """Give what a task asked for by raising one of the signals, Celery's included; None where it failed."""
    match error:
        case Snooze(delay=delay):
            return {"state": State.DELAYED, "outcome": "snoozed", "delay": delay, "refund": 1}
        case WaitForChildren(children=children):
            state = State.WAITING_CHILDREN if children else State.WAITING
            return {"state": state, "outcome": "children", "children": children, "refund": 1}
        case Cancel() | Ignore():
            return {"state": State.CANCELLED, "outcome": "cancelled"}
        case _:
            return None


def _until(when: datetime | Real | None) -> timedelta:
    if isinstance(when, datetime):
        return max(when.astimezone(UTC) - datetime.now(UTC), timedelta(0))
    return min(timedelta(seconds=float(when or 0)), FARTHEST)


def _wait(claim: Claim, task: Task[..., Any] | None, error: Exception) -> timedelta | None:
    """Give the wait before the next attempt, or None where there is none."""
    if claim.attempt >= claim.max_attempts or (task and isinstance(error, task.give_up_on)):
        return None
    if isinstance(error, Retry):
        return _until(error.when)
    backoff = task.backoff if task else UNKNOWN_TASK
    tries = claim.attempt - (claim.max_attempts - claim.tries)
    return backoff.delay(tries, error, random.random())  # noqa: S311 - jitter is no secret


def _one_line(error: BaseException) -> str:
    """Give an exception as its class and the first line of its message."""
    message = _message(error).strip().split("\n", 1)[0]
    return (f"{type(error).__name__}: {message}" if message else type(error).__name__)[:MAX_ERROR]


def _traceback(error: BaseException) -> str:
    return storable("".join(traceback.format_exception(error)))[-MAX_TRACEBACK:]


def _cause(error: Exception) -> BaseException:
    """Give the error for which a task asked Celery to try again, or the error itself."""
    wrapped = getattr(error, "exc", None) if isinstance(error, Retry) else None
    return wrapped if isinstance(wrapped, BaseException) else error


def _message(error: BaseException) -> str:
    try:
        return storable(str(error))
    except Exception:  # a task's own exception may be broken; its class is told all the same
        return "its message could not be made"
