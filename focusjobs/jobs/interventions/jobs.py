"""What operators do to jobs: retry, cancel, promote, reschedule, give another priority, drain a queue of them.

Each function is guarded by the state of the job in the very statement that changes it, and answers what it really
changed. One that takes a job away from whoever holds it raises the job's fence, so that a stale worker can change
nothing any more.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from focusjobs.sql import rows

from ..declaring.call import MAX_PRIORITY
from ..domain.identity import task_id_of
from ..domain.lifecycle import State
from ..errors import OperationRefused
from ..ledger import results
from ..ledger.family import settle
from ..ledger.moved import Child
from ..models import Job
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
    rejoin({row[0]: row[2] for row in moved if row[2] is not None and row[2] not in retried})
    _forget([(row[0], row[3], row[4]) for row in moved])
    ring({row[1] for row in moved if row[5] == State.WAITING})
    note("retried", retried)
    return retried


def rejoin(parent_of: dict[int, int]) -> None:
    """Tell the parents of retried children, and theirs where they were brought back themselves."""
    if not parent_of:
        return
    parents = sorted(set(parent_of.values()))
    rows(statements.LOCK, [parents])
    told = rows(statements.REJOIN_PARENTS, {"children": list(parent_of), "parents": parents})
    back = [row for row in told if row[4]]
    _forget([(row[0], row[2], row[3]) for row in back])
    rejoin({row[0]: row[1] for row in back if row[1] is not None})


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
    ring({row[1] for row in moved})
    return note("promoted", {row[0] for row in moved})


def reschedule(ids: Iterable[int], run_at: datetime, *, as_of: datetime | None = None) -> set[int]:
    """Let waiting and delayed jobs run at that time and not before; answer those that will.

    Those that began after `as_of` are left alone. Raises `OperationRefused` for a time without a zone.
    """
    if run_at.tzinfo is None:
        raise OperationRefused("The time to run at needs a time zone.")
    moved = rows(statements.RESCHEDULE, {"ids": list(ids), "run_at": run_at, "as_of": as_of})
    ring({row[1] for row in moved if row[1] is not None})
    return note("rescheduled", {row[0] for row in moved})


def set_priority(ids: Iterable[int], priority: int, *, as_of: datetime | None = None) -> set[int]:
    """Give pending jobs another priority, lower runs first; answer those that have it.

    Those that began after `as_of` are left alone. Raises `OperationRefused` for a priority that no job can have.
    """
    if not isinstance(priority, int) or not 0 <= priority <= MAX_PRIORITY:
        raise OperationRefused(f"A priority is a whole number from 0 to {MAX_PRIORITY}, not {priority!r}.")
    moved = rows(statements.SET_PRIORITY, {"priority": priority, "ids": list(ids), "as_of": as_of})
    return note("given another priority", {row[0] for row in moved})


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


def ring(queues: Iterable[str]) -> None:
    """Ring queues when the current transaction commits."""
    for queue in queues:
        wakeups.ring_after_commit(queue)


def note(act: str, ids: set[int]) -> set[int]:
    """Log what was done to jobs, if any, and give their numbers back."""
    if ids:
        logger.info("jobs %s", act, extra={"jobs": len(ids), "first_ids": sorted(ids)[:20]})
    return ids
