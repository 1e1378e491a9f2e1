"""Acts on single things, which are done at once: a job with other arguments, a queue, a schedule."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from .. import interventions, schedules
from ..domain.job import EnqueuedJob
from ..interventions import queues
from ..models import Operation, Queue, Schedule
from .actor import Actor
from .audit import note


@transaction.atomic
def edit_and_retry(
    actor: Actor, job_id: int, arguments: Mapping[str, Any], reason: str = ""
) -> tuple[Operation, EnqueuedJob]:
    """Make a new job like this one with other arguments (see `interventions.edit_and_retry`)."""
    was = interventions.capture([job_id])
    made = interventions.edit_and_retry(job_id, arguments)
    # The arguments themselves are in the two jobs, where they are hidden from those who must not see them.
    operation = note(actor, "edit_and_retry", f"job:{job_id}", {"job": job_id, "made": made.id}, reason, done=1)
    interventions.link(operation.pk, [*was.values(), *interventions.capture([made.id]).values()], undoable=False)
    return operation, made


@transaction.atomic
def pause(actor: Actor, queue: str, reason: str, until: datetime | None = None) -> Operation:
    """Start no further job of a queue until it is resumed, or until that time (see `queues.pause`)."""
    queues.pause(queue, by=actor.name, reason=reason, resume_at=until)
    return note(actor, "pause", f"queue:{queue}", {"until": until and until.isoformat()}, reason)


@transaction.atomic
def resume(actor: Actor, queue: str, reason: str = "") -> Operation | None:
    """Start jobs of a queue again; None where it was not paused."""
    return note(actor, "resume", f"queue:{queue}", reason=reason) if queues.resume(queue) else None


@transaction.atomic
def set_limits(
    actor: Actor,
    queue: str,
    *,
    max_active: int | None = None,
    rate: int | None = None,
    period: timedelta | None = None,
    reason: str = "",
) -> Operation:
    """Limit a queue (see `queues.set_limits`)."""
    before = Queue.objects.filter(name=queue).first()
    queues.set_limits(queue, max_active=max_active, rate=rate, period=period)
    new = {"max_active": max_active, "rate": rate, "period": period and period.total_seconds()}
    return note(actor, "limit", f"queue:{queue}", {"was": _limits(before), **new}, reason)


def _limits(queue: Queue | None) -> dict[str, Any]:
    if queue is None:
        return {}
    period = queue.period and queue.period.total_seconds()
    return {"max_active": queue.max_active, "rate": queue.rate, "period": period}


@transaction.atomic
def set_expected_wait(actor: Actor, queue: str, length: timedelta | None, reason: str = "") -> Operation:
    """Say how long a due job of a queue may wait (see `queues.set_expected_wait`)."""
    queues.set_expected_wait(queue, length)
    return note(actor, "expect", f"queue:{queue}", {"seconds": length and length.total_seconds()}, reason)


@transaction.atomic
def run_schedule(actor: Actor, schedule: Schedule, reason: str = "") -> tuple[Operation, EnqueuedJob]:
    """Make a job of a schedule now (see `schedules.run_now`)."""
    made = schedules.run_now(schedule)
    details = {"made": made.id, "created": made.created}
    operation = note(actor, "run_schedule", f"schedule:{schedule.name}", details, reason, done=int(made.created))
    if made.created:
        interventions.link(operation.pk, interventions.capture([made.id]).values(), undoable=False)
    return operation, made
