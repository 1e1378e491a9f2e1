"""Writes new jobs: plain, unique, throttled, debounced, limited."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from django.conf import settings
from django.db import transaction

from focusjobs.sql import columns, rows

from ..domain.job import EnqueuedJob, NewJob
from ..domain.limit import Limit
from ..errors import UnknownQueue
from ..telling import wakeups
from .handing_over import hand_over, may_be_handed_over
from .statements.inserting import ADMIT, HOLDER, INSERT, INSERT_OR_REPLACE, INSERT_UNIQUE, NOTE_ADMITTED, THROTTLED
from .statements.limiting import CHANGE_LIMITS, DECLARE_LIMITS

logger = logging.getLogger(__name__)

Row = tuple[str, str | None, str | None]
"""What jobs of one call differ in: arguments as JSON, unique key, limit key."""


def insert(jobs: Sequence[NewJob]) -> list[EnqueuedJob]:
    """Write jobs in the current transaction, ring their queues after its commit, and answer in the same order.

    Raises `UnknownQueue` before anything is written.
    """
    for job in jobs:
        check_queue(job.queue)
    answers: list[EnqueuedJob] = []
    for common, alike in groupby(jobs, key=_in_common):
        answers += insert_many(common, [_row(job) for job in alike])
    return answers


def insert_many(common: NewJob, differing: Sequence[Row]) -> list[EnqueuedJob]:
    """Write jobs that have all of `common` but their arguments and keys in one statement; otherwise as `insert`."""
    check_queue(common.queue)
    if common.limit is not None:
        _declare(common.limit, sorted({key for _, _, key in differing if key is not None}))
    answers = _hand_over(common, differing) or _insert_and_ring(common, differing)
    if logger.isEnabledFor(logging.DEBUG):
        _log(common, [answer.id for answer in answers if answer.created])
    return answers


def _hand_over(common: NewJob, differing: Sequence[Row]) -> list[EnqueuedJob]:
    """Give a single job to a process that stands by; an empty list where that is not to be."""
    if len(differing) > 1 or differing[0][1] is not None or not may_be_handed_over(common):
        return []
    made = hand_over(common, differing[0][0])
    return [made] if made else []


def _insert_and_ring(common: NewJob, differing: Sequence[Row]) -> list[EnqueuedJob]:
    answers = _insert_throttled(common, differing) if common.unique_for else _insert(common, differing)
    if any(answer.created for answer in answers):
        wakeups.ring_after_commit(common.queue)
    return answers


def _log(common: NewJob, ids: Sequence[int]) -> None:
    extra = {"job_ids": ids, "task": common.task, "queue": common.queue}
    logger.debug("%d jobs of %s written", len(ids), common.task, extra=extra)


def check_queue(queue: str) -> None:
    """Raise `UnknownQueue` for a queue that no worker takes from."""
    if queue not in settings.JOBS_QUEUES:
        raise UnknownQueue(queue)


def _in_common(job: NewJob) -> NewJob:
    limit = job.limit and replace(job.limit, key="")
    return replace(job, arguments="", unique_key=None, limit=limit)


def _row(job: NewJob) -> Row:
    return job.arguments, job.unique_key, job.limit.key if job.limit else None


def _insert(common: NewJob, differing: Sequence[Row]) -> list[EnqueuedJob]:
    made = _write(common, differing)
    keyed = {key: EnqueuedJob(number, created) for number, key, created in made if key is not None}
    plain = (EnqueuedJob(number) for number, key, _ in made if key is None)
    return [_answer(common, row, keyed, plain) for row in differing]


def _write(common: NewJob, differing: Sequence[Row]) -> list[tuple[int, str | None, bool]]:
    arguments, unique_keys, limit_keys = columns(differing, tuple)
    statement = _statement(common, keyed=any(unique_keys))
    values: dict[str, Any] = {
        **vars(common),
        # One text is several times quicker to send than an array of them.
        "arguments": f"[{','.join(arguments)}]",
        "unique_keys": unique_keys if any(unique_keys) else [],
        "limit_keys": limit_keys if any(limit_keys) else [],
    }
    del values["limit"]
    return rows(statement, values)


def _statement(common: NewJob, *, keyed: bool) -> str:
    if common.replace_pending:
        return INSERT_OR_REPLACE
    return INSERT_UNIQUE if keyed else INSERT


def _answer(common: NewJob, row: Row, keyed: dict[str, EnqueuedJob], plain: Iterator[EnqueuedJob]) -> EnqueuedJob:
    """Answer with the new job, or with the one that holds its key; where that has just ended, with a new one."""
    key = row[1]
    if key is None:
        return next(plain)
    while key not in keyed:
        if holders := rows(HOLDER, [common.task, key]):
            return EnqueuedJob(id=holders[0][0], created=False)
        for number, _, created in _write(common, [row]):
            return EnqueuedJob(number, created)
    return keyed[key]


@transaction.atomic  # a key that is admitted without its job would throttle what never ran
def _insert_throttled(common: NewJob, differing: Sequence[Row]) -> list[EnqueuedJob]:
    """Write a job for each key that made none of late; the key of the throttle is not held in the job."""
    keys = [key for _, key, _ in differing]
    admitted = {row[0] for row in rows(ADMIT, {"task": common.task, "time": common.unique_for, "keys": keys})}
    new = [row for row in differing if row[1] in admitted]
    made = _insert(common, [(arguments, None, limit) for arguments, _, limit in new]) if new else []
    numbers = {row[1]: answer for row, answer in zip(new, made, strict=True)}
    rows(NOTE_ADMITTED, [list(numbers), [answer.id for answer in made], common.task])
    earlier = dict(rows(THROTTLED, [common.task, keys]))
    return [numbers.get(key) or EnqueuedJob(earlier[key], created=False) for key in keys]


def _declare(limit: Limit, keys: list[str]) -> None:
    values = {"keys": keys, "at_once": limit.at_once, "rate": limit.rate, "period": limit.period}
    rows(DECLARE_LIMITS, values)
    rows(CHANGE_LIMITS, values)
