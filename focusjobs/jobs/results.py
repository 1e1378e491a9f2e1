"""django-celery-results as the store of what jobs returned or failed with.

`store` writes `TaskResult` rows in bulk, in the transaction that ends their jobs. `LedgerBackend` answers
`AsyncResult(job.task_id)` for every job of the ledger, also for those that have no row yet or never will.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from celery import states
from celery.exceptions import TaskRevokedError
from django.db import connection
from django_celery_results.backends import DatabaseBackend

from .domain.identity import job_id_of
from .domain.lifecycle import State

# One row a task id; a job that is run again overwrites its own. Index: the unique one on task_id.
STORE = """
INSERT INTO django_celery_results_taskresult
    (task_id, task_name, task_kwargs, status, worker, content_type, content_encoding, result, traceback, meta,
     date_created, date_done)
SELECT task_id, task_name, task_kwargs, status, worker, 'application/json', 'utf-8', result, traceback,
       '{"children": []}', now(), now()
FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
     AS new (task_id, task_name, task_kwargs, status, worker, result, traceback)
ON CONFLICT (task_id) DO UPDATE
SET status = excluded.status, worker = excluded.worker, result = excluded.result, traceback = excluded.traceback,
    date_done = excluded.date_done
"""

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


@dataclass(frozen=True)
class Failure:
    """An exception as Celery stores it: its class and what it said."""

    type: str
    module: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Result:
    """What django-celery-results keeps of a job: `value` is JSON of what it returned, None where it failed."""

    task_id: str
    task: str
    arguments: str
    worker: str
    value: str | None = None
    failure: Failure | None = None
    traceback: str = ""

    def row(self) -> tuple[str | None, ...]:
        """Give the columns that `STORE` takes."""
        done = self.value is not None
        status = states.SUCCESS if done else states.FAILURE
        result = self.value if done else self._exception_json()
        return self.task_id, self.task, self.arguments, status, self.worker, result, self.traceback or None

    def _exception_json(self) -> str:
        failure = self.failure or Failure("Exception", "builtins", "")
        return json.dumps({"exc_type": failure.type, "exc_message": [failure.message], "exc_module": failure.module})


def store(results: Sequence[Result]) -> None:
    """Write results in the current transaction."""
    if results:
        with connection.cursor() as cursor:
            cursor.execute(STORE, [list(column) for column in zip(*(result.row() for result in results), strict=True)])


def forget(task_ids: Iterable[str]) -> None:
    """Delete results in the current transaction."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_celery_results_taskresult WHERE task_id = ANY(%s)", [list(task_ids)])


class LedgerBackend(DatabaseBackend):  # type: ignore[misc]  # untyped upstream
    """django-celery-results' backend, which knows the ledger's jobs as well."""

    def mark_as_failure(self, task_id: str, exc: Exception, *args: Any, **options: Any) -> Any:
        """Note that Celery ended the process of a job's attempt; Celery hears of it only when the job has failed."""
        from .message_lane import process_lost  # Celery imports its backend before Django's models can be

        return super().mark_as_failure(task_id, exc, *args, **options) if process_lost(task_id, exc) else None

    def mark_as_revoked(self, task_id: str, reason: str = "", *args: Any, **options: Any) -> Any:
        """Note that an operator revoked a job by Celery's remote control."""
        from .message_lane import revoked  # as above

        revoked(task_id, reason or "revoked")
        return super().mark_as_revoked(task_id, reason, *args, **options)

    def _get_task_meta_for(self, task_id: str) -> Any:
        number = int(task_id) if task_id.isdecimal() else job_id_of(task_id)
        if number is None:
            return super()._get_task_meta_for(task_id)
        return self._job_meta(number, task_id)

    def _job_meta(self, number: int, task_id: str) -> dict[str, Any]:
        # Celery imports its backend before Django's models can be.
        from .models import Job

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
