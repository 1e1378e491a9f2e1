"""Celery's result store: django-celery-results, which knows the ledger's jobs as well.

It answers `AsyncResult(job.task_id)` for every job, also for those that have no `TaskResult` yet or never will.
"""

from __future__ import annotations

from typing import Any

from celery import states
from celery.exceptions import TaskRevokedError
from django_celery_results.backends import DatabaseBackend

from .domain.identity import job_id_of
from .domain.lifecycle import State
from .models import Job
from .worker.message_lane import process_lost, revoked

CELERY_STATE = {
    State.WAITING: states.PENDING,
    State.DELAYED: states.PENDING,
    State.WAITING_CHILDREN: states.PENDING,
    State.ACTIVE: states.STARTED,
    State.COMPLETED: states.SUCCESS,
    State.FAILED: states.FAILURE,
    State.CANCELLED: states.REVOKED,
}
"""What Celery calls each state of a job."""


class LedgerBackend(DatabaseBackend):  # type: ignore[misc]  # untyped upstream
    """django-celery-results' backend, which knows the ledger's jobs as well."""

    def mark_as_failure(self, task_id: str, exc: Exception, *args: Any, **options: Any) -> Any:
        """Note that Celery ended the process of a job's attempt; Celery hears of it only when the job has failed."""
        return super().mark_as_failure(task_id, exc, *args, **options) if process_lost(task_id, exc) else None

    def mark_as_revoked(self, task_id: str, reason: str = "", *args: Any, **options: Any) -> Any:
        """Note that an operator revoked a job by Celery's remote control."""
        revoked(task_id, reason or "revoked")
        return super().mark_as_revoked(task_id, reason, *args, **options)

    def _get_task_meta_for(self, task_id: str) -> Any:
        text = str(task_id)  # `AsyncResult(job.id)` has a number
        number = int(text) if text.isdecimal() else job_id_of(text)
        if number is None:
            return super()._get_task_meta_for(task_id)
        return self._job_meta(number, task_id)

    def _job_meta(self, number: int, task_id: str) -> dict[str, Any]:
        job = Job.objects.filter(pk=number).first()
        if job is None:
            return {"task_id": task_id, "status": states.PENDING, "result": None}
        status = CELERY_STATE[State(job.state)]
        if job.state in (State.COMPLETED, State.FAILED):
            stored = super()._get_task_meta_for(job.task_id)
            return {**stored, "task_id": task_id, "status": status, "date_done": job.finished_at}
        meta: dict[str, Any] = {"task_id": task_id, "status": status, "result": None}
        if job.state == State.CANCELLED:
            meta["result"] = TaskRevokedError(job.error)
        elif job.state == State.ACTIVE:
            meta["result"] = job.progress
        return meta
