"""What operators do to jobs.

Each function is guarded by the state of the job in the very statement that changes it, and answers what it really
changed. One that takes a job away from whoever holds it raises the job's fence, so that a stale worker can change
nothing any more.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

from celery import current_app
from django.db import IntegrityError, transaction
from django.utils import timezone

from .. import ledger
from ..declaring.call import MAX_PRIORITY
from ..declaring.definition import Task
from ..domain.identity import task_id_of
from ..domain.job import EnqueuedJob, NewJob
from ..domain.lifecycle import FINISHED, State
from ..errors import OperationRefused
from ..ledger import results
from ..ledger.family import Child, settle
from ..ledger.records import rows
from ..models import Job, OperationJob
from ..telling import changes, wakeups
from ..telling.changes import Change
from ..telling.events import Kind
from . import statements

logger = logging.getLogger(__name__)

BATCH = 1_000
"""Jobs that one statement of a drain cancels, so that none holds its locks for long."""

RACES = 5
"""How often a retry begins again when jobs with the same unique keys are enqueued at the same moment."""


def retry(
    ids: Iterable[int],
    *,
    run_at: datetime | None = None,
    pace: timedelta = timedelta(0),
    as_of: datetime | None = None,
) -> set[int]:
    """Make failed or cancelled jobs waiting again with fresh attempts; answer those that were.

    From `run_at` on, in the order of their numbers, each `pace` after the one before; without it, now. Left alone are
    jobs in another state, expired ones, those whose unique key an unfinished job holds by now, and those that began or
    ended after `as_of`. In a flow, a parent takes along the children that had made it fail, and a child brings such a
    parent back.
    """
    asked = {"ids": list(ids), "run_at": run_at, "pace": pace, "as_of": as_of}
    for race in range(RACES):
        try:
            with transaction.atomic():
                return _retry(asked)
        except IntegrityError:
            if race == RACES - 1:
                raise
    return set()


def _retry(asked: Mapping[str, Any]) -> set[int]:
    moved = rows(statements.RETRY, asked)
    retried = {row[0] for row in moved}
    rows(statements.AWAIT_CHILDREN, [list(retried)])
    _rejoin({row[0]: row[2] for row in moved if row[2] is not None and row[2] not in retried})
    _forget([(row[0], row[3], row[4]) for row in moved])
    _ring({row[1] for row in moved if row[5] == State.WAITING})
    _note("retried", retried)
    return retried


def _rejoin(parent_of: dict[int, int]) -> None:
    """Tell the parents of retried children, and theirs where they were brought back themselves."""
    if not parent_of:
        return
    parents = sorted(set(parent_of.values()))
    rows(statements.LOCK, [parents])
    told = rows(statements.REJOIN_PARENTS, {"children": list(parent_of), "parents": parents})
    back = [row for row in told if row[4]]
    _forget([(row[0], row[2], row[3]) for row in back])
    _rejoin({row[0]: row[1] for row in back if row[1] is not None})


def _forget(jobs: Iterable[tuple[int, int, str | None]]) -> None:
    """Delete results of jobs that failed before their first attempt; the end of a later one overwrites its own."""
    never_run = [celery_id or task_id_of(number) for number, attempt, celery_id in jobs if attempt == 0]
    if never_run:
        results.forget(never_run)


@transaction.atomic
def cancel(ids: Iterable[int], reason: str, *, active: bool = False, as_of: datetime | None = None) -> set[int]:
    """End pending jobs, but for those that began after `as_of`; answer those that were ended.

    With `active` also those that a worker holds: nothing that the attempt writes through the ledger is kept, what an
    atomic task did is rolled back, and `current_job().is_cancelled()` tells the task to stop. The children of a
    cancelled parent go on; a cancelled child counts as failed.
    """
    ended = rows(statements.CANCEL, {"ids": list(ids), "reason": reason, "active": active, "as_of": as_of})
    settle(
        [
            Child(number, task, parent_id, on_failure, State.CANCELLED, reason)
            for number, task, parent_id, on_failure, _ in ended
            if parent_id is not None
        ]
    )
    changes.tell([Change(kind=Kind.CANCELLED, job_id=row[0], task=row[1], queue=row[4], error=reason) for row in ended])
    return {row[0] for row in ended}


def promote(ids: Iterable[int], *, as_of: datetime | None = None) -> set[int]:
    """Make delayed jobs waiting now, but for those that began after `as_of`; answer those that were."""
    moved = rows(statements.PROMOTE, {"ids": list(ids), "as_of": as_of})
    _ring({row[1] for row in moved})
    return _note("promoted", {row[0] for row in moved})


def reschedule(ids: Iterable[int], run_at: datetime, *, as_of: datetime | None = None) -> set[int]:
    """Let waiting and delayed jobs run at that time and not before; answer those that will.

    Those that began after `as_of` are left alone. Raises `OperationRefused` for a time without a zone.
    """
    if run_at.tzinfo is None:
        raise OperationRefused("The time to run at needs a time zone.")
    moved = rows(statements.RESCHEDULE, {"ids": list(ids), "run_at": run_at, "as_of": as_of})
    _ring({row[1] for row in moved if row[1] is not None})
    return _note("rescheduled", {row[0] for row in moved})


def set_priority(ids: Iterable[int], priority: int, *, as_of: datetime | None = None) -> set[int]:
    """Give pending jobs another priority, lower runs first; answer those that have it.

    Those that began after `as_of` are left alone. Raises `OperationRefused` for a priority that no job can have.
    """
    if not isinstance(priority, int) or not 0 <= priority <= MAX_PRIORITY:
        raise OperationRefused(f"A priority is a whole number from 0 to {MAX_PRIORITY}, not {priority!r}.")
    moved = rows(statements.SET_PRIORITY, {"priority": priority, "ids": list(ids), "as_of": as_of})
    return _note("given another priority", {row[0] for row in moved})


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
    current_app.loader.import_default_modules()
    found = current_app.tasks.get(name)
    if not isinstance(found, Task):
        raise OperationRefused(f"There is no task “{name}” here, so its arguments cannot be checked.")
    return found


def drain(queue: str, *, delayed: bool = False, reason: str = "The queue was drained.") -> int:
    """Cancel all that waits in a queue, and with `delayed` what is not due yet; answer how many jobs.

    Works in batches, each a transaction of its own unless the caller has one. Jobs enqueued meanwhile are left alone.
    """
    newest = Job.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    states = [State.WAITING, State.DELAYED] if delayed else [State.WAITING]
    drained = 0
    for state in states:
        for lane in Job.Lane.values:  # named, since the indexes of waiting jobs are per lane
            jobs = Job.objects.filter(queue=queue, state=state, lane=lane, pk__lte=newest).values_list("pk", flat=True)
            while batch := list(jobs[:BATCH]):
                drained += len(cancel(batch, reason))
    return drained


@dataclass(frozen=True)
class Captured:
    """What of a job an act may replace: the columns that `CAPTURE` returns, in their order."""

    id: int
    fence: int
    is_active: bool
    error_group_id: int | None
    before: str


def capture(ids: Iterable[int]) -> dict[int, Captured]:
    """Give jobs by number as they are now, for `link`."""
    return {row[0]: Captured(*row) for row in rows(statements.CAPTURE, [list(ids)])}


def link(operation: int, changed: Iterable[Captured], *, canary: bool = False, undoable: bool = True) -> None:
    """Note which jobs an operation changed, in the transaction that changed them. What ran cannot be put back."""
    befores = [
        (it.id, it.fence, it.before if undoable and not it.is_active else None, it.error_group_id) for it in changed
    ]
    if befores:
        ids, fences, texts, groups = (list(column) for column in zip(*befores, strict=True))
        values = {"ids": ids, "fences": fences, "befores": texts, "groups": groups}
        rows(statements.LINK, {"operation": operation, "canary": canary, **values})


@transaction.atomic
def restore(operation: int, ids: Iterable[int], *, future: bool = False) -> set[int]:
    """Put jobs of an operation back as they were; answer those that were, as nobody had touched them since.

    With `future`, only those that are not due yet. A parent that came back with a child of it fails with it again.
    """
    values = {"operation": operation, "ids": list(ids), "future": future, "outcome": OperationJob.Outcome.RESTORED}
    restored = [Restored(*row) for row in rows(statements.RESTORE, values)]
    ended = [job for job in restored if job.state in FINISHED]
    _settle_again([job for job in ended if job.parent_id is not None])
    results.store([job.result() for job in ended if job.attempt == 0 and job.state == State.FAILED])
    _rejoin({job.id: job.parent_id for job in restored if job.state not in FINISHED and job.parent_id is not None})
    _ring({job.queue for job in restored if job.state == State.WAITING})
    return _note("put back", {job.id for job in restored})


@dataclass(frozen=True)
class Restored:
    """A job that was put back: the columns that `RESTORE` returns, in their order."""

    id: int
    queue: str
    parent_id: int | None
    attempt: int
    celery_id: str | None
    state: str
    task: str
    on_failure: str
    error: str
    worker: str
    arguments: str

    def result(self) -> results.Result:
        """Give what django-celery-results kept of a job that had failed with its child, before it ever ran."""
        return results.Result(
            task_id=self.celery_id or task_id_of(self.id),
            task=self.task,
            arguments=self.arguments,
            worker=self.worker,
            failure=results.Failure("ChildFailed", "focusjobs.jobs.errors", self.error),
        )


def _settle_again(children: Iterable[Restored]) -> None:
    """Tell unfinished parents that children ended as before."""
    by_parent: dict[int, list[Restored]] = {}
    for child in children:
        by_parent.setdefault(cast("int", child.parent_id), []).append(child)
    waiting = Job.objects.unfinished().filter(pk__in=by_parent).values_list("pk", flat=True)
    settle(
        [
            Child(child.id, child.task, parent, child.on_failure, State(child.state), child.error)
            for parent in waiting
            for child in by_parent[parent]
        ]
    )


def _ring(queues: Iterable[str]) -> None:
    for queue in queues:
        wakeups.ring_after_commit(queue)


def _note(act: str, ids: set[int]) -> set[int]:
    if ids:
        logger.info("jobs %s", act, extra={"jobs": len(ids), "first_ids": sorted(ids)[:20]})
    return ids
