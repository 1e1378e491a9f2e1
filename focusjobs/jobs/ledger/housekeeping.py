"""What the ledger needs from time to time: due jobs promoted, vanished workers found, lost wake-ups noticed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from focusjobs.jobs.domain.fingerprint import Mistake
from focusjobs.jobs.domain.identity import task_id_of
from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.ledger import results, statements
from focusjobs.jobs.telling import changes
from focusjobs.jobs.telling.events import Kind

from .family import Child, settle
from .grouping import put_into_groups
from .records import rows

MAX_STALLS = 3
"""How often a job's worker may vanish before the job fails; a job that kills its worker must not do so for ever."""

VANISHED = "billiard.exceptions.WorkerLostError"
"""The error of a job whose worker vanished too often."""

SWEEP = 1000
"""Rows that `promote` and `reap` move in one statement, so that none holds its locks for long."""


@dataclass(frozen=True)
class Stalled:
    """A job whose worker vanished: the columns that `REAP` returns, in their order."""

    id: int
    queue: str
    state: str
    task: str
    error: str
    arguments: str
    celery_id: str | None
    worker: str
    parent_id: int | None
    on_failure: str

    def result(self) -> results.Result:
        """Give what django-celery-results is to keep of it."""
        return results.Result(
            task_id=self.celery_id or task_id_of(self.id),
            task=self.task,
            arguments=self.arguments,
            worker=self.worker,
            failure=results.Failure("WorkerLostError", "billiard.exceptions", self.error),
        )

    def change(self) -> changes.Change:
        """Give what is told of it."""
        kind = Kind.FAILED if self.state == State.FAILED else Kind.STALLED
        return changes.Change(kind=kind, job_id=self.id, task=self.task, queue=self.queue, error=self.error)

    def as_child(self) -> Child:
        """Give it as its parent sees it."""
        return Child(self.id, self.task, self.parent_id or 0, self.on_failure, State.FAILED, self.error)


def promote() -> list[str]:
    """Make due jobs waiting, up to `SWEEP` of them; answer their queues."""
    return [row[0] for row in rows(statements.PROMOTE, [SWEEP])]


@transaction.atomic
def reap() -> list[str]:
    """Take jobs from workers that vanished, up to `SWEEP` of them; answer the queues where they wait again."""
    stalled = [Stalled(*row) for row in rows(statements.REAP, {"limit": SWEEP, "max_stalls": MAX_STALLS})]
    failed = [job for job in stalled if job.state == State.FAILED]
    results.store([job.result() for job in failed])
    put_into_groups({job.id: Mistake(job.task, VANISHED, "", "") for job in failed})
    settle([job.as_child() for job in failed if job.parent_id is not None])
    changes.tell([job.change() for job in stalled])
    return [job.queue for job in stalled if job.state == State.WAITING]


def queues_with_old_messages(older_than: timedelta) -> list[str]:
    """Give the queues with messages that were sent long ago and did not start their jobs."""
    return [row[0] for row in rows(statements.QUEUES_WITH_OLD_MESSAGES, [settings.JOBS_QUEUES, older_than])]


def unpublish(queue: str, older_than: timedelta) -> None:
    """Let messages be sent again that were sent long ago and did not start their jobs."""
    rows(statements.UNPUBLISH, [queue, older_than])


def queues_with_work() -> list[str]:
    """Give the queues that have jobs to take."""
    return [row[0] for row in rows(statements.QUEUES_WITH_WORK, [settings.JOBS_QUEUES])]
