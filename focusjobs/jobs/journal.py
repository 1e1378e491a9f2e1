"""One log line for each attempt that ended, from one place."""

from __future__ import annotations

import logging

from .domain.lifecycle import State
from .ledger import Ended

logger = logging.getLogger(__name__)


def attempt_ended(end: Ended, *, kept: bool) -> None:
    """Log how an attempt ended; `kept` is false where its lease was lost and nothing of it was written."""
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
