"""What is told of changes that no attempt made: a worker vanished, a child took its parent with it, an operator acted.

How attempts end is told by `focusjobs.jobs.worker.journal`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from django.db import transaction

from . import events, tally
from .events import Kind, News

logger = logging.getLogger(__name__)

LEVEL = {
    Kind.COMPLETED: logging.DEBUG,
    Kind.SNOOZED: logging.INFO,
    Kind.WAITING_CHILDREN: logging.INFO,
    Kind.CANCELLED: logging.INFO,
    Kind.RETRYING: logging.WARNING,
    Kind.STALLED: logging.WARNING,
    Kind.FAILED: logging.ERROR,
}
"""How loudly each change is logged."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """What became of a job."""

    kind: Kind
    job_id: int
    task: str
    queue: str
    error: str = ""


def tell(changes: Sequence[Change]) -> None:
    """Tell of changes when the current transaction commits: log lines, an event, counts."""
    if changes:
        transaction.on_commit(partial(_tell, changes), robust=True)


def _tell(changes: Sequence[Change]) -> None:
    for change in changes:
        extra = {"job_id": change.job_id, "task": change.task, "error": change.error}
        logger.log(LEVEL[change.kind], "job %s %s", change.job_id, change.kind.value, extra=extra)
    events.publish(_news(changes))
    # Written at once: where operators act, no pulse flushes what the process has counted.
    tally.write(_counts(changes).items())


def _news(changes: Iterable[Change]) -> list[News]:
    alike: dict[tuple[Kind, str], list[int]] = {}
    for change in changes:
        alike.setdefault((change.kind, change.error), []).append(change.job_id)
    return [(kind, numbers, error or None) for (kind, error), numbers in alike.items()]


def _counts(changes: Iterable[Change]) -> dict[tally.Key, tally.Counts]:
    counts: dict[tally.Key, tally.Counts] = {}
    for change in changes:
        counts.setdefault((change.task, change.queue), tally.Counts()).note(change.kind)
    return counts
