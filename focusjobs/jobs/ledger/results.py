"""django-celery-results as the store of what jobs returned or failed with.

`store` writes `TaskResult` rows in bulk, in the transaction that ends their jobs. `focusjobs.jobs.backend` reads them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from celery import states

from focusjobs.sql import columns, rows

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

# Forgets results. Index: the unique one on task_id.
FORGET = "DELETE FROM django_celery_results_taskresult WHERE task_id = ANY(%s)"


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
        rows(STORE, columns(results, Result.row))


def forget(task_ids: Iterable[str]) -> None:
    """Delete results in the current transaction."""
    rows(FORGET, [list(task_ids)])
