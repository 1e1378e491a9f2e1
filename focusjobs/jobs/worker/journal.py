"""What is told of each attempt that ended, from one place: counts, an event and a log line.

A success is logged at DEBUG, since a line for each would cost more than the rest of the job does; all else is
logged at INFO, WARNING or ERROR. Changes that no attempt made are told by `focusjobs.jobs.telling.changes`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from ..domain.lifecycle import State
from ..ledger import Claim, Ended
from ..telling import events, tally
from ..telling.changes import LEVEL
from ..telling.events import Kind, News

logger = logging.getLogger(__name__)

EXPIRED = "expired"
"""The outcome of a job that was taken after it had expired, and so never ran."""


def attempts_ended(ended: Sequence[Ended], kept: set[int]) -> None:
    """Tell how attempts ended. Of a job that is not `kept` the lease was lost and nothing was written."""
    told = ended if len(kept) == len(ended) else [end for end in ended if end.claim.id in kept]
    if len(told) < len(ended):
        _log_lost(end.claim for end in ended if end.claim.id not in kept)
    _count(told)
    events.publish(_news(told))
    successes_too = logger.isEnabledFor(logging.DEBUG)
    for end in told:
        if successes_too or end.state != State.COMPLETED:
            _log_end(end)


def progressed(reports: Iterable[tuple[Claim, Any]]) -> None:
    """Tell how far running jobs have come."""
    events.publish([(Kind.PROGRESS, [claim.id], progress) for claim, progress in reports])


OF_STATE = {
    State.COMPLETED: Kind.COMPLETED,
    State.FAILED: Kind.FAILED,
    State.CANCELLED: Kind.CANCELLED,
    State.WAITING_CHILDREN: Kind.WAITING_CHILDREN,
}
OF_OUTCOME = {"snoozed": Kind.SNOOZED, "children": Kind.WAITING_CHILDREN}


def kind_of(end: Ended) -> Kind:
    """Give what the end of an attempt means for its job."""
    return OF_STATE.get(end.state) or OF_OUTCOME.get(end.outcome, Kind.RETRYING)


def _count(ended: Sequence[Ended]) -> None:
    counted = tally.of_process
    with counted.lock:
        for end in ended:
            claim = end.claim
            counts = counted.of(claim.task, claim.queue)
            if end.outcome != EXPIRED:
                counts.ran(end.took)
                if claim.attempt == 1:
                    counts.waited(claim.waited)
            if end.state == State.COMPLETED:
                counts.completed += 1
            else:
                counts.note(kind_of(end))


def _news(ended: Sequence[Ended]) -> list[News]:
    completed = [end.claim.id for end in ended if end.state == State.COMPLETED]
    others: list[News] = [(kind_of(end), [end.claim.id], end.error) for end in ended if end.state != State.COMPLETED]
    return [(Kind.COMPLETED, completed, None), *others] if completed else others


def _log_end(end: Ended) -> None:
    kind = kind_of(end)
    extra = {
        "job_id": end.claim.id,
        "task": end.claim.task,
        "attempt": end.claim.attempt,
        "state": str(end.state),
        "seconds": round(end.took, 3),
        "error": end.error,
    }
    logger.log(LEVEL[kind], "job %s %s", end.claim.id, kind.value, extra=extra)


def _log_lost(claims: Iterable[Claim]) -> None:
    for claim in claims:
        extra = {"job_id": claim.id, "task": claim.task, "attempt": claim.attempt}
        logger.warning("job %s was another worker's when it ended; nothing was written", claim.id, extra=extra)
