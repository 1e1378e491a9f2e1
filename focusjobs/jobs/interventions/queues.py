"""What operators do to queues: pause, resume, limit."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from focusjobs.sql import rows

from ..errors import OperationRefused, UnknownQueue
from ..models import Queue
from ..telling import wakeups
from . import statements

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


def expected_wait(queue: Queue | None) -> timedelta:
    """Give how long a due job of a queue may wait: what was said of it, or of all."""
    return queue.expected_wait if queue is not None and queue.expected_wait is not None else settings.JOBS_EXPECTED_WAIT


def set_expected_wait(queue: str, length: timedelta | None) -> None:
    """Say how long a due job of a queue may wait; None: as long as on any other.

    Raises `UnknownQueue`, and `OperationRefused` for no time at all.
    """
    _check(queue)
    if length is not None and length <= timedelta(0):
        raise OperationRefused(f"A job cannot be expected to wait for {length}.")
    Queue.objects.update_or_create(name=queue, defaults={"expected_wait": length})


def _check(queue: str) -> None:
    if queue not in settings.JOBS_QUEUES and not Queue.objects.filter(name=queue).exists():
        raise UnknownQueue(queue)
