"""One attempt of a job: run its task and say how it ended."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from .. import ledger
from ..context import JobContext, running
from ..declaring import tracing
from ..declaring.definition import Task
from ..declaring.registry import find
from ..domain.lifecycle import State
from ..errors import LeaseLost, UnknownTask
from ..ledger import Claim, Ended
from .outcome import completed, what_follows
from .pulse import Pulse
from .timeouts import time_limit

logger = logging.getLogger(__name__)


def run(claim: Claim, pulse: Pulse) -> Ended | None:
    """Run one attempt and answer how it ended; None where another worker has taken the job over."""
    if claim.expired:
        return Ended(claim=claim, state=State.CANCELLED, outcome="expired", error="Not started before it expired.")
    context = JobContext(claim.id, claim.attempt, claim.max_attempts, claim.task, claim.options)
    task: Task[..., Any] | None = None
    try:
        task = find(claim.task)
        if task.atomic:
            with transaction.atomic():
                return _written(completed(claim, context, _call(task, claim, context, pulse)))
        return completed(claim, context, _call(task, claim, context, pulse))
    except LeaseLost:
        logger.warning("job %s lost its lease; what it did is rolled back", claim.id, extra={"job_id": claim.id})
        return None
    except Exception as error:  # whatever a task raises is the outcome of its attempt
        return what_follows(claim, task, error, context)


def run_together(claims: Sequence[Claim], pulse: Pulse, seconds: float) -> list[Ended]:
    """Run attempts of atomic tasks in one transaction, as many as begin within `seconds`, and finish them in it.

    Raises what the first of them raises; then nothing has happened, and they are to be run one by one.
    """
    deadline = time.monotonic() + seconds
    ended: list[Ended] = []
    with transaction.atomic():
        for claim in claims:
            context = JobContext(claim.id, claim.attempt, claim.max_attempts, claim.task, claim.options)
            ended.append(completed(claim, context, _call(find(claim.task), claim, context, pulse)))
            if time.monotonic() > deadline:
                break
        if len(ledger.finish(ended)) < len(ended):
            raise LeaseLost("a job of the group")
    for end in ended:
        end.written = True
    return ended


def is_atomic(claim: Claim) -> bool:
    """Tell whether a job can share a transaction with others."""
    try:
        return not claim.expired and find(claim.task).atomic
    except UnknownTask:
        return False


def _call(task: Task[..., Any], claim: Claim, context: JobContext, pulse: Pulse) -> str | None:
    pulse.watch(claim, context)
    arguments = json.loads(claim.arguments)
    with running(context):
        if not tracing.is_enabled():
            value = _run(task, arguments, context)
        else:
            with tracing.attempt(claim):
                value = _run(task, arguments, context)
    return None if value is None else json.dumps(value, allow_nan=False)


def _run(task: Task[..., Any], arguments: dict[str, Any], context: JobContext) -> Any:
    if task.timeout is None:
        return task.run(**arguments)
    try:
        with time_limit(task.timeout, context):
            return task.run(**arguments)
    finally:
        context.stop_clock()


def _written(end: Ended) -> Ended:
    """Finish an atomic job in the transaction of its own effects. Raises `LeaseLost` to roll both back."""
    if not ledger.finish([end]):
        raise LeaseLost(str(end.claim.id))
    end.written = True
    return end
