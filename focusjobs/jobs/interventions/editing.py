"""A job once more, with other arguments."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from .. import ledger
from ..declaring.definition import Task
from ..declaring.registry import load_tasks, task_named
from ..domain.job import EnqueuedJob, NewJob
from ..domain.lifecycle import FINISHED, State
from ..errors import OperationRefused
from ..models import Job
from .jobs import cancel


@transaction.atomic
def edit_and_retry(job_id: int, arguments: Mapping[str, Any]) -> EnqueuedJob:
    """Make a new job like this one with other arguments; its options name the old one as `edited_from`.

    A pending job is cancelled in its favour. Raises `OperationRefused` for a job that runs, is part of an unfinished
    flow, or whose unique key another job holds, and `InvalidJob` for arguments that its task cannot take.
    """
    job = Job.objects.select_for_update(no_key=True).filter(pk=job_id).first()
    if job is None:
        raise OperationRefused(f"There is no job {job_id}.")
    _check_editable(job)
    edited = _edited(job, arguments)
    if job.state not in FINISHED:
        cancel([job.pk], "Replaced by a job with other arguments.")
    made = ledger.insert([edited])[0]
    if not made.created:
        raise OperationRefused(f"Job {made.id} holds the unique key “{job.unique_key}” of job {job.pk}.")
    return made


def _check_editable(job: Job) -> None:
    if job.state == State.ACTIVE:
        raise OperationRefused(f"Job {job.pk} is running; cancel it first.")
    if job.state == State.WAITING_CHILDREN or (job.state not in FINISHED and job.parent_id is not None):
        raise OperationRefused(f"Job {job.pk} is part of a flow that has not ended.")


def _edited(job: Job, arguments: Mapping[str, Any]) -> NewJob:
    call = _task(job.task).using(
        queue=job.queue,
        priority=job.priority,
        attempts=job.tries,
        run_after=job.run_at if job.state == State.DELAYED else None,
        expires_at=job.expires_at if job.expires_at and job.expires_at > timezone.now() else None,
        unique_key=job.unique_key,
        unique_until="finished" if job.unique_while_active else "started",
        user=job.user_id,
    )
    return replace(call.job(**arguments), options=json.dumps({**(job.options or {}), "edited_from": job.pk}))


def _task(name: str) -> Task[..., Any]:
    load_tasks()
    found = task_named(name)
    if found is None:
        raise OperationRefused(f"There is no task “{name}” here, so its arguments cannot be checked.")
    return found
