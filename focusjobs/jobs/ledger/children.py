"""What became of the children of a job."""

from __future__ import annotations

import json
from typing import Any

from django_celery_results.models import TaskResult

from ..domain.lifecycle import State
from ..models import Job


def children_of(job_id: int) -> list[dict[str, Any]]:
    """Give what became of a job's children: what `focusjobs.jobs.declaring.flows.ChildResult` holds."""
    jobs = list(Job.objects.filter(parent_id=job_id).order_by("id"))
    stored = dict(
        TaskResult.objects.filter(task_id__in=[job.task_id for job in jobs], status="SUCCESS").values_list(
            "task_id", "result"
        )
    )
    return [
        {
            "id": job.pk,
            "task": job.task,
            "arguments": job.arguments,
            "state": State(job.state),
            "value": json.loads(stored.get(job.task_id) or "null"),
            "error": job.error,
        }
        for job in jobs
    ]
