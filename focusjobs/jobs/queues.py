"""What operators do to queues: pause, resume, limit."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from . import intervention_statements as statements
from . import wakeups
from .errors import OperationRefused, UnknownQueue
from .ledger.records import rows
from .models import Queue

MAX_LIMIT = 2**31 - 1
"""The largest number that a limit's column holds."""


def pause(queue: str, *, by: str, reason: str = "", resume_at: datetime | None = None) -> None:
    """Start no further job of a queue; those that run go on. It resumes by itself at `resume_at`, if that is given.

    Raises `UnknownQueue`, and `OperationRefused` for a time without a zone.
    """
    _check(queue)
    if resume_at is not None and resume_at.tzinfo is None:
        raise OperationRefused("The time to resume at needs a time zone.")
    rows(statements.PAUSE, {"queue": queue, "by": by[:254], "reason": reason[:500], "resume_at": resume_at})


def resume(queue: str) -> bool:
    """Start jobs of a queue again; tell whether it was paused."""
    resumed = rows(statements.RESUME, [queue])
    for (name,) in resumed:
        wakeups.ring_after_commit(name)
    return bool(resumed)


def resume_due() -> list[str]:
    """Let queues run again whose pause is over; answer them."""
    return [row[0] for row in rows(statements.RESUME_DUE, [])]


def set_limits(
    queue: str, *, max_active: int | None = None, rate: int | None = None, period: timedelta | None = None
) -> None:
    """Set how many jobs of a queue run at once and how many start in a period; None: as many as workers can.

    Raises `UnknownQueue`, and `OperationRefused` for limits that would let nothing run.
    """
    _check(queue)
    for name, most in (("max_active", max_active), ("rate", rate)):
        if most is not None and (not isinstance(most, int) or not 1 <= most <= MAX_LIMIT):
            raise OperationRefused(f"{name} is 1 or more, not {most!r}; to let nothing run, pause the queue.")
    if (rate is None) != (period is None):
        raise OperationRefused("A rate needs a period, and a period a rate.")
    if period is not None and period <= timedelta(0):
        raise OperationRefused(f"A period is longer than nothing, not {period}.")
    rows(statements.SET_LIMITS, {"queue": queue, "max_active": max_active, "rate": rate, "period": period})
    wakeups.ring_after_commit(queue)


def _check(queue: str) -> None:
    if queue not in settings.JOBS_QUEUES and not Queue.objects.filter(name=queue).exists():
        raise UnknownQueue(queue)
