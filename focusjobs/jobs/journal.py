"""What is told of each attempt that ended, from one place: a log line."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from .domain.lifecycle import State
from .ledger import Ended

logger = logging.getLogger(__name__)


def attempts_ended(ended: Sequence[Ended], kept: set[int]) -> None:
    """Say how attempts ended. Of a job that is not `kept` the lease was lost and nothing was written."""
    for end in ended:
        _log(end, kept=end.claim.id in kept)


def _log(end: Ended, *, kept: bool) -> None:
    level = logging.INFO if kept and end.state == State.COMPLETED else logging.WARNING
    verdict = end.outcome if kept else "lease lost"
    extra = {
        "job_id": end.claim.id,
        "task": end.claim.task,
        "attempt": end.claim.attempt,
        "state": str(end.state),
        "error": end.error,
    }
    logger.log(level, "job %s %s", end.claim.id, verdict, extra=extra)
