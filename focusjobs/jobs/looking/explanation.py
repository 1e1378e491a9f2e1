"""Why a job is not running: the facts from the ledger, put into a sentence by `focusjobs.jobs.domain.explain`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from focusjobs.sql import rows

from ..domain.explain import Facts, explain
from ..domain.lifecycle import State
from ..models import Attempt, Job, Limit, Operation, OperationJob, Queue
from ..models import Worker as WorkerRow
from . import workers

CAP = 10_000
"""Up to here the jobs ahead are counted."""

# How many jobs of its queue come before a job that waits, up to a cap. Index: job_ready.
AHEAD = """
SELECT count(*) FROM (
    SELECT FROM jobs_job WHERE queue = %(queue)s AND state = 'waiting' AND lane = 'drain'
    AND (priority, id) < (%(priority)s, %(id)s)
    ORDER BY priority, id LIMIT %(most)s) AS ahead
"""

# The same among jobs under limits. Index: job_ready_limited.
AHEAD_LIMITED = """
SELECT count(*) FROM (
    SELECT FROM jobs_job WHERE queue = %(queue)s AND state = 'waiting' AND lane = 'limited'
    AND limit_key = %(limit_key)s AND (priority, id) < (%(priority)s, %(id)s)
    ORDER BY limit_key, priority, id LIMIT %(most)s) AS ahead
"""

# How many jobs a second ended on a queue in the last ten minutes. Index: tally_minute.
SPEED = """
SELECT coalesce(sum(completed + failed + cancelled), 0)::float8 / 600 FROM jobs_tally
WHERE minute >= now() - interval '10 min' AND queue = %s
"""

# How many jobs run under a limit, or on a queue. Indexes: job_active_limit, job_leased.
ACTIVE_UNDER = "SELECT count(*) FROM jobs_job WHERE state = 'active' AND limit_key = %s"
ACTIVE_ON = "SELECT count(*) FROM jobs_job WHERE state = 'active' AND queue = %s"


def why_not_running(job: Job, now: datetime) -> str:
    """Say why a job is not running, or nothing where it runs or has completed."""
    return explain(facts_of(job, now))


def facts_of(job: Job, now: datetime) -> Facts:
    """Give what is known of a job and of what may hold it back; only what matters in its state is looked up."""
    state = State(job.state)
    more = _MORE.get(state)
    return Facts(
        now=now,
        state=state,
        queue=job.queue,
        run_at=job.run_at,
        attempt=job.attempt,
        max_attempts=job.max_attempts,
        error=job.error,
        worker=job.worker,
        leased_until=job.leased_until,
        expires_at=job.expires_at,
        children_left=job.children_left,
        **(more(job, now) if more else {}),
    )


def _of_waiting(job: Job, now: datetime) -> dict[str, Any]:
    queue = Queue.objects.filter(pk=job.queue).first()
    serving = [worker for worker in workers.live_workers() if job.queue in worker.queues]
    facts: dict[str, Any] = {"live_workers": len(serving)}
    if queue is not None and queue.paused_at is not None:
        said = {"paused_by": queue.paused_by or "somebody", "pause_reason": queue.pause_reason}
        return {**facts, **said, "resume_at": queue.resume_at}
    if not serving:
        return facts
    facts["limit"] = _limit(job, queue, now)
    if job.lane == Job.Lane.MESSAGE:
        return {**facts, "message_sent_at": job.published_at}
    place = {"queue": job.queue, "limit_key": job.limit_key, "priority": job.priority, "id": job.pk, "most": CAP + 1}
    statement = AHEAD_LIMITED if job.lane == Job.Lane.LIMITED else AHEAD
    ahead = rows(statement, place)[0][0]
    speed = rows(SPEED, [job.queue])[0][0] or None
    return {**facts, "ahead": min(ahead, CAP), "ahead_capped": ahead > CAP, "speed": speed}


def _limit(job: Job, queue: Queue | None, now: datetime) -> str:
    """Give the limit that leaves no room at the moment, in words: the queue's own, or that of the job's key."""
    if queue is not None and (said := _full(queue, f"the queue “{job.queue}”", rows(ACTIVE_ON, [job.queue]), now)):
        return said
    limit = Limit.objects.filter(pk=job.limit_key).first() if job.limit_key else None
    return _full(limit, f"“{job.limit_key}”", rows(ACTIVE_UNDER, [job.limit_key]), now) if limit else ""


def _full(rule: Queue | Limit, name: str, active: list[Any], now: datetime) -> str:
    if rule.max_active is not None and active[0][0] >= rule.max_active:
        return f"{rule.max_active:,} at once for {name}, and {active[0][0]:,} run"
    if rule.rate is None or rule.period is None or rule.window_start is None:
        return ""
    is_used_up = rule.window_used >= rule.rate and now < rule.window_start + rule.period
    return f"{rule.rate:,} in {rule.period} for {name}, and as many have started" if is_used_up else ""


def _of_delayed(job: Job, now: datetime) -> dict[str, Any]:
    held = (
        OperationJob.objects.filter(job=job, fence=job.fence, outcome=None, operation__action="retry")
        .exclude(operation__state=Operation.State.PREVIEWED)
        .order_by("-pk")
        .values_list("operation", flat=True)
        .first()
    )
    latest = Attempt.objects.filter(job=job).order_by("-pk").values_list("outcome", flat=True).first()
    return {"held_by": held, "put_off": latest == "snoozed"}


def _of_active(job: Job, now: datetime) -> dict[str, Any]:
    worker: WorkerRow | None = workers.of_job(job)
    if worker is None:
        return {}
    is_gone = workers.state_of(worker, now) != workers.Sign.LIVE
    return {"is_worker_gone": is_gone, "worker_seen_at": worker.seen_at}


_MORE = {State.WAITING: _of_waiting, State.DELAYED: _of_delayed, State.ACTIVE: _of_active}
