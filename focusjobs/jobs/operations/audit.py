"""What is kept of acts: rows of operations, and an entry each in the log of Django's admin."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils import timezone

from ..models import Job, Operation, OperationJob
from .actor import Actor

logger = logging.getLogger(__name__)

MAX_REASON = 500
"""Characters of a reason that are kept."""


def new(actor: Actor, action: str, **fields: Any) -> Operation:
    """Write an operation of somebody."""
    return Operation.objects.create(
        action=action,
        actor=actor.user,
        actor_name=actor.name,
        source=actor.source,
        ip=actor.ip,
        request_id=actor.request_id,
        **fields,
    )


@transaction.atomic
def note(
    actor: Actor, action: str, subject: str, details: Mapping[str, Any] | None = None, reason: str = "", **fields: Any
) -> Operation:
    """Keep that somebody did something that is done by now, in the transaction that does it."""
    now = timezone.now()
    operation = new(
        actor,
        action,
        subject=subject[:300],
        details=dict(details or {}),
        reason=reason.strip()[:MAX_REASON],
        state=Operation.State.FINISHED,
        started_at=now,
        finished_at=now,
        settled_at=now,
        **fields,
    )
    log(operation)
    return operation


def log(operation: Operation) -> None:
    """Tell of an operation that begins: in the admin's log, where an account did it, and in the process's."""
    about = operation.subject or operation.filter
    reason = f": {operation.reason}" if operation.reason else ""
    if operation.actor_id is not None:
        LogEntry.objects.create(
            user_id=operation.actor_id,
            content_type=ContentType.objects.get_for_model(Operation),
            object_id=str(operation.pk),
            object_repr=f"{operation.action} {about}"[:200],
            action_flag=CHANGE,
            change_message=f"{operation.action} {about}{reason}",
        )
    extra = {"operation": operation.pk, "action": operation.action, "actor": operation.actor_name, "about": about}
    logger.info("operation %s started", operation.pk, extra=extra)


def forget_previews() -> None:
    """Delete previews that can be started no more."""
    old = Operation.objects.filter(state=Operation.State.PREVIEWED, created_at__lt=timezone.now() - timedelta(days=1))
    old.delete()


def reveal(actor: Actor, job: Job, reason: str = "") -> dict[str, Any]:
    """Give all arguments of a job, and keep who saw them."""
    note(actor, "reveal", f"job:{job.pk}", reason=reason)
    return dict(job.arguments)


def of_job(job_id: int) -> list[OperationJob]:
    """Give what operations did to a job, the latest first."""
    return list(OperationJob.objects.filter(job_id=job_id).select_related("operation").order_by("-id")[:100])
