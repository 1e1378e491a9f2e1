"""What an operator can do to jobs, each act with an entry in the admin's log in the same transaction."""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.http import HttpRequest

from .. import interventions
from ..models import Job


def retry(request: HttpRequest, ids: Collection[int], reason: str = "") -> set[int]:
    """Make failed and cancelled jobs wait again; answer those that were."""
    with transaction.atomic():
        moved = interventions.retry(ids)
        _record(request, moved, f"Retried: {reason}" if reason else "Retried")
    return moved


def cancel(request: HttpRequest, ids: Collection[int], reason: str) -> set[int]:
    """End jobs that no worker holds; answer those that were. The reason becomes their error."""
    with transaction.atomic():
        moved = interventions.cancel(ids, f"Cancelled by {request.user}: {reason}")
        _record(request, moved, f"Cancelled: {reason}")
    return moved


def _record(request: HttpRequest, moved: Collection[int], message: str) -> None:
    jobs = Job.objects.filter(pk__in=moved).only("pk", "task")
    if moved:
        LogEntry.objects.log_actions(cast("int", request.user.pk), jobs, CHANGE, message)
