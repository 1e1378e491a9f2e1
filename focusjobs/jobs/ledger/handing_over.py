"""Hands a job to a process that stands by for its queue, so that this need not ask the ledger what there is to do.

The job is written as claimed by that process, and sent to it after the commit. The lease is short until it has the job;
where the job does not reach it, housekeeping finds the lease over and the job waits again.
"""

from __future__ import annotations

import json
import logging
import time
from datetime import timedelta

import redis
from django.conf import settings
from django.db import transaction

from ..domain.job import EnqueuedJob, NewJob
from ..telling import wakeups
from .claiming import release, taken
from .records import Claim
from .statements.claiming import INSERT_CLAIMED

logger = logging.getLogger(__name__)

FIRST_LEASE = timedelta(seconds=3)
"""How long a job may be under way to the process that is to run it, the rest of its transaction included."""


def may_be_handed_over(job: NewJob) -> bool:
    """Tell whether a job is due, free of limits and keys, and no member of a flow or schedule."""
    ties = (job.limit, job.unique_for, job.delay, job.run_at, job.parent_id, job.schedule_id, job.celery_id)
    return job.lane == "drain" and not any(ties) and not job.children_left and not job.replace_pending


def hand_over(job: NewJob, arguments: str) -> EnqueuedJob | None:
    """Write a job for a process that stands by, and send it there after the commit.

    Answers None, and writes nothing, where nobody stands by, where other jobs of the queue wait, or where the queue has
    limits or is paused.
    """
    member = wakeups.reserve(job.queue)
    if member is None:
        return None
    lease = min(settings.JOBS_LEASE, FIRST_LEASE)
    wanted = {**vars(job), "arguments": arguments, "worker": member.partition("|")[0], "lease": lease}
    claims = taken(INSERT_CLAIMED, wanted)
    if not claims:
        return None
    began = time.monotonic()

    def send() -> None:
        _send(member, claims[0], in_time=time.monotonic() - began < lease.total_seconds() / 2)

    transaction.on_commit(send, robust=True)
    return EnqueuedJob(claims[0].id)


def _send(member: str, claim: Claim, *, in_time: bool) -> None:
    """Send a job to the process that is to run it; give it back where that fails or its transaction took too long."""
    try:
        if in_time:
            wakeups.deliver(member, json.dumps(claim))
            return
    except redis.RedisError as error:
        logger.warning("job not handed over", extra={"job_id": claim.id, "error": str(error)})
    release([claim])
