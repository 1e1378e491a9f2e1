"""The only writer of jobs: every statement that makes, moves or ends one.

The life of a job: `insert` writes it in its caller's transaction and rings its queue after the commit. A worker
`claim`s it for an attempt under a lease and `extend`s that while it works. The attempt ends in `finish`, which also
writes the `TaskResult`; a worker that vanished is found by `reap`. `promote` makes delayed jobs waiting when they are
due. What operators do to jobs is in `focusjobs.jobs.interventions`.

Each claim, release and retry raises the job's `fence`; whoever writes later must name the fence it was given, so that
a worker that lost its lease can change nothing. All times are the database's, so that all workers share one clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from . import results, statements, wakeups
from .context import Line
from .domain.identity import task_id_of
from .domain.job import EnqueuedJob, NewJob
from .domain.lifecycle import State
from .errors import UnknownQueue

MAX_STALLS = 3
"""How often a job's worker may vanish before the job fails; a job that kills its worker must not do so for ever."""

SWEEP = 1000
"""Rows that `promote` and `reap` move in one statement, so that none holds its locks for long."""


@dataclass(frozen=True)
class Claim:
    """An attempt that this process holds: the columns that `CLAIM` returns, in their order."""

    id: int
    fence: int
    task: str
    arguments: str
    attempt: int
    max_attempts: int
    tries: int
    worker: str
    started_at: datetime
    celery_id: str | None
    expired: bool
    priority: int

    @property
    def task_id(self) -> str:
        """The id under which Celery knows the job."""
        return self.celery_id or task_id_of(self.id)


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How an attempt ended, and what is to be kept of it."""

    claim: Claim
    state: State
    outcome: str
    value: str | None = None
    error: str = ""
    failure: results.Failure | None = None
    traceback: str = ""
    delay: timedelta = timedelta(0)
    refund: int = 0
    progress: str | None = None
    lines: Sequence[Line] = ()


def insert(jobs: Sequence[NewJob]) -> list[EnqueuedJob]:
    """Write jobs in the current transaction, ring their queues after its commit, and answer in the same order.

    Raises `UnknownQueue` before anything is written.
    """
    for queue in {job.queue for job in jobs} - set(settings.JOBS_QUEUES):
        raise UnknownQueue(f"There is no queue “{queue}”; JOBS_QUEUES has {', '.join(settings.JOBS_QUEUES)}.")
    made = _insert_rows(jobs)
    keyed = {key: number for number, key in made if key is not None}
    plain = (number for number, key in made if key is None)
    answers = [_answer(job, next(plain) if job.unique_key is None else keyed.get(job.unique_key)) for job in jobs]
    for queue in {job.queue for job in jobs}:
        wakeups.ring_after_commit(queue)
    return answers


def _insert_rows(jobs: Sequence[NewJob]) -> list[tuple[int, str | None]]:
    columns = zip(*[_row(job) for job in jobs], strict=True)
    return _rows(statements.INSERT, [list(column) for column in columns])


def _row(job: NewJob) -> tuple[Any, ...]:
    return (
        *(job.task, job.queue, job.arguments, job.options, job.priority, job.max_attempts, job.unique_key),
        *(job.unique_while_active, job.user_id, job.run_at, job.delay, job.expires_at, job.schedule_id),
    )


def _answer(job: NewJob, made: int | None) -> EnqueuedJob:
    """Answer with the new job, or with the one that holds its key; where that has just ended, with a new one."""
    while made is None:
        if holders := _rows(statements.HOLDER, [job.task, job.unique_key]):
            return EnqueuedJob(id=holders[0][0], created=False)
        made = next((number for number, _ in _insert_rows([job])), None)
    return EnqueuedJob(id=made)


def claim(queue: str, limit: int, worker: str, lease: timedelta) -> list[Claim]:
    """Take up to `limit` due jobs of a queue for one attempt each, in the order in which they are to run."""
    wanted = {"queue": queue, "limit": limit, "worker": worker, "lease": lease}
    # UPDATE … RETURNING promises no order.
    return sorted((Claim(*row) for row in _rows(statements.CLAIM, wanted)), key=lambda row: (row.priority, row.id))


def finish(ended: Sequence[Ended]) -> set[int]:
    """End attempts with all that is kept of them, in one transaction; answer the jobs whose fence still stood.

    For the others nothing is written: another worker holds them, or an operator moved them.
    """
    with transaction.atomic():
        kept = {row[0] for row in _rows(statements.FINISH, _columns(ended, _finish_row))}
        for_keeps = [end for end in ended if end.claim.id in kept]
        _note_attempts([end for end in for_keeps if end.state != State.COMPLETED])
        write_log([(end.claim, line) for end in for_keeps for line in end.lines])
        results.store([_result(end) for end in for_keeps if _has_result(end)])
    return kept


def _rows(statement: str, parameters: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


def _columns(items: Iterable[Any], row: Callable[[Any], tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*map(row, items), strict=True)]


def _finish_row(end: Ended) -> tuple[Any, ...]:
    return end.claim.id, end.claim.fence, str(end.state), end.error, end.progress, end.delay, end.refund


def _note_attempts(ended: Sequence[Ended]) -> None:
    if ended:
        _rows(statements.NOTE_ATTEMPTS, _columns(ended, _attempt_row))


def _attempt_row(end: Ended) -> tuple[Any, ...]:
    held = end.claim
    return held.id, held.attempt, end.outcome, held.worker, held.started_at, end.error, end.traceback


def _has_result(end: Ended) -> bool:
    # A job that failed before it was retried by hand has a row that must not stay.
    retried = end.claim.max_attempts != end.claim.tries
    return end.state == State.FAILED or (end.state == State.COMPLETED and (end.value is not None or retried))


def _result(end: Ended) -> results.Result:
    return results.Result(
        task_id=end.claim.task_id,
        task=end.claim.task,
        arguments=end.claim.arguments,
        worker=end.claim.worker,
        value=end.value or ("null" if end.state == State.COMPLETED else None),
        failure=end.failure,
        traceback=end.traceback,
    )


def write_log(lines: Sequence[tuple[Claim, Line]]) -> None:
    """Keep log lines of running jobs."""
    if lines:
        _rows(statements.WRITE_LOG, _columns(lines, _log_row))


def _log_row(item: tuple[Claim, Line]) -> tuple[Any, ...]:
    held, line = item
    return held.id, held.attempt, line.at, line.level, line.text


def release(claims: Sequence[Claim]) -> None:
    """Give back jobs that were claimed but not started, and ring their queues."""
    if claims:
        queues = {row[0] for row in _rows(statements.RELEASE, _columns(claims, lambda held: (held.id, held.fence)))}
        for queue in queues:
            wakeups.ring_after_commit(queue)


def extend(held: Sequence[tuple[Claim, str | None]], lease: timedelta) -> set[int]:
    """Prolong leases and write progress (JSON, or None for no news); answer the jobs that are still held."""
    columns = _columns(held, lambda item: (item[0].id, item[0].fence, item[1]))
    return {row[0] for row in _rows(statements.EXTEND, [lease, *columns])}


def promote() -> list[str]:
    """Make due jobs waiting, up to `SWEEP` of them; answer their queues."""
    return [row[0] for row in _rows(statements.PROMOTE, [SWEEP])]


def reap() -> list[str]:
    """Take jobs from workers that vanished, up to `SWEEP` of them; answer the queues where they wait again."""
    with transaction.atomic():
        rows = [Stalled(*row) for row in _rows(statements.REAP, {"limit": SWEEP, "max_stalls": MAX_STALLS})]
        results.store([stalled.result() for stalled in rows if stalled.state == State.FAILED])
    return [stalled.queue for stalled in rows if stalled.state == State.WAITING]


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

    def result(self) -> results.Result:
        """Give what django-celery-results is to keep of it."""
        return results.Result(
            task_id=self.celery_id or task_id_of(self.id),
            task=self.task,
            arguments=self.arguments,
            worker=self.worker,
            failure=results.Failure("WorkerLostError", "billiard.exceptions", self.error),
        )


def queues_with_work() -> list[str]:
    """Give the queues that have jobs to take."""
    return [row[0] for row in _rows(statements.QUEUES_WITH_WORK, [settings.JOBS_QUEUES])]
