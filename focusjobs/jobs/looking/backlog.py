"""What the ledger holds, in numbers: jobs by state, and what each queue has to do. Counts stop at a cap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from focusjobs.sql import rows

from ..domain.lifecycle import State
from ..models import Job, JobQuerySet

CAP = 10_000
"""Up to here jobs are counted; one more means “more than that”."""

# What a queue has to do, each count up to a cap. The oldest is looked for among the first that are to run.
# Indexes: job_ready, job_ready_limited, job_ready_message, job_delayed, job_leased.
BACKLOG = """
SELECT known.queue, waiting.jobs, waiting.oldest, coalesce(delayed.jobs, 0), coalesce(active.jobs, 0)
FROM unnest(%(queues)s::text[]) AS known (queue)
CROSS JOIN LATERAL (
    SELECT count(*) AS jobs, min(run_at) AS oldest FROM (
        (SELECT run_at FROM jobs_job WHERE queue = known.queue AND state = 'waiting' AND lane = 'drain'
         ORDER BY priority, id LIMIT %(most)s)
        UNION ALL
        (SELECT run_at FROM jobs_job WHERE queue = known.queue AND state = 'waiting' AND lane = 'limited'
         LIMIT %(most)s)
        UNION ALL
        (SELECT run_at FROM jobs_job WHERE queue = known.queue AND state = 'waiting' AND lane = 'message'
         LIMIT %(most)s)
    ) AS first LIMIT 1) AS waiting
LEFT JOIN (SELECT queue, count(*) AS jobs FROM (
    SELECT queue FROM jobs_job WHERE state = 'delayed' LIMIT %(most)s) AS sample GROUP BY queue) AS delayed
    ON delayed.queue = known.queue
LEFT JOIN (SELECT queue, count(*) AS jobs FROM (
    SELECT queue FROM jobs_job WHERE state = 'active' LIMIT %(most)s) AS sample GROUP BY queue) AS active
    ON active.queue = known.queue
ORDER BY known.queue
"""


@dataclass(frozen=True)
class Backlog:
    """What a queue has to do: the columns that `BACKLOG` returns, in their order.

    `oldest` is when the job was due that has waited longest.
    """

    queue: str
    waiting: int
    oldest: datetime | None
    delayed: int
    active: int


def backlogs(queues: Sequence[str]) -> list[Backlog]:
    """Give what queues have to do, by name."""
    return [Backlog(*row) for row in rows(BACKLOG, {"queues": list(queues), "most": CAP + 1})]


def counts() -> dict[State, int]:
    """Count jobs in each state, up to about `CAP` of each: a number above it means “more than that”."""
    return {state: _waiting() if state == State.WAITING else _count(Job.objects.filter(state=state)) for state in State}


def _waiting() -> int:
    """Count by lane, since each has an index of its own."""
    return sum(_count(Job.objects.filter(state=State.WAITING, lane=lane)) for lane in Job.Lane.values)


def _count(jobs: JobQuerySet) -> int:
    return jobs.order_by()[: CAP + 1].count()
