"""What became of the jobs that an operation changed: how many completed, how many failed again."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from focusjobs.sql import rows

from ..models import Operation
from . import statements

SOONEST, LATEST = timedelta(seconds=1), timedelta(minutes=5)
"""Between two looks lies a tenth of the time that the operation has taken so far, within these."""

FOR = timedelta(days=7)
"""How long it is followed; finished jobs are not kept for much longer."""

STRETCH = 5_000
"""Links that one statement looks at."""

FOLLOWED = ("retry",)
"""Actions after which jobs run; after the others there is nothing to see."""


def follow(operation: Operation) -> None:
    """Count what has ended since the last look, and say when to look again. The operation is locked."""
    now = timezone.now()
    open_links = _count(operation) if operation.action in FOLLOWED else 0
    is_over = not open_links or now - (operation.started_at or now) > FOR
    operation.settled_at = now if is_over else None
    operation.wake_at = None if is_over else next_look(operation, now)
    operation.save(update_fields=["completed", "failed_again", "cancelled", "settled_at", "wake_at"])


def _count(operation: Operation) -> int:
    """Add up what has ended; answer how many jobs have not."""
    after: int = 0
    still_open: int = 0
    while True:
        values = {"operation": operation.pk, "after": after, "limit": STRETCH}
        last, looked_at, completed, failed, cancelled, settled = rows(statements.SETTLE, values)[0]
        operation.completed += completed
        operation.failed_again += failed
        operation.cancelled += cancelled
        still_open += looked_at - settled
        if looked_at < STRETCH:
            return still_open
        after = last


def next_look(operation: Operation, now: datetime) -> datetime:
    """Give when to look at an operation again that waits for jobs to end."""
    age = now - (operation.started_at or now)
    return now + min(max(age / 10, SOONEST), LATEST)
