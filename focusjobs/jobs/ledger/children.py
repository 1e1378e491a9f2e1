"""What became of the children of a job."""

from __future__ import annotations

import json

from django_celery_results.models import TaskResult

from ..domain.job import ChildResult
from ..domain.lifecycle import State
from ..models import Job


def children_of(job_id: int) -> list[ChildResult]:
    """Give what became of a job's children, in the order of their numbers."""
    jobs = list(Job.objects.filter(parent_id=job_id).order_by("id"))
    stored = dict(
        TaskResult.objects.filter(task_id__in=[job.task_id for job in jobs], status="SUCCESS").values_list(
            "task_id", "result"
        )
    )
    return [
        ChildResult(
            id=job.pk,
            task=job.task,
            arguments=job.arguments,
            state=State(job.state),
            value=json.loads(stored.get(job.task_id) or "null"),
            error=job.error,
        )
        for job in jobs
    ]
