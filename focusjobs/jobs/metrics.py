"""What Prometheus is told of the jobs: depth, age, leases and pauses from the ledger, counts from its tallies.

Nothing here reads finished jobs, and nothing counts further than `CAP`, so that a scrape costs the same whatever the
ledger holds.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

import redis
from django.conf import settings
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from focusjobs.health import heartbeat
from focusjobs.sql import rows

from .domain.lifecycle import UNFINISHED, State
from .models import Queue, Tally
from .telling import rounds
from .telling.tally import BOUNDS, EVER

logger = logging.getLogger(__name__)

CAP = 5_000
"""Up to here jobs are counted: waiting ones of each queue and lane, those in other states over all queues."""

# How many jobs are in each unfinished state, and since when the oldest of those that wait has been due. Each branch
# walks a partial index in its own order, so that no plan reads finished rows. Indexes: job_ready, job_ready_limited,
# job_ready_message, job_delayed, job_leased, job_waiting_children.
DEPTH = """
WITH known AS (SELECT unnest(%(queues)s::text[]) AS queue), unfinished AS (
    SELECT known.queue, 'waiting' AS state, due FROM known CROSS JOIN LATERAL (
        SELECT greatest(run_at, created_at) AS due FROM jobs_job AS job
        WHERE job.queue = known.queue AND state = 'waiting' AND lane = 'drain'
        ORDER BY priority, id LIMIT %(cap)s) AS line
    UNION ALL
    SELECT known.queue, 'waiting', due FROM known CROSS JOIN LATERAL (
        SELECT greatest(run_at, created_at) AS due FROM jobs_job AS job
        WHERE job.queue = known.queue AND state = 'waiting' AND lane = 'limited'
        ORDER BY limit_key, priority, id LIMIT %(cap)s) AS line
    UNION ALL
    (SELECT queue, 'waiting', greatest(run_at, created_at) FROM jobs_job
     WHERE state = 'waiting' AND lane = 'message' ORDER BY queue, published_at, id LIMIT %(cap)s)
    UNION ALL
    (SELECT queue, 'delayed', NULL FROM jobs_job WHERE state = 'delayed' ORDER BY run_at LIMIT %(cap)s)
    UNION ALL
    (SELECT queue, 'active', NULL FROM jobs_job WHERE state = 'active' ORDER BY leased_until LIMIT %(cap)s)
    UNION ALL
    (SELECT queue, 'waiting_children', NULL FROM jobs_job WHERE state = 'waiting_children' ORDER BY id LIMIT %(cap)s)
)
SELECT queue, state, count(*), extract(epoch FROM now() - min(due))::float8 FROM unfinished GROUP BY queue, state
"""

# Leases that ran out and that no housekeeper has taken back yet. Index: job_leased.
EXPIRED_LEASES = """
SELECT count(*) FROM (
    SELECT FROM jobs_job WHERE state = 'active' AND leased_until < now() ORDER BY leased_until LIMIT %(cap)s) AS expired
"""

BY_TASK = ("task", "queue")
COUNTERS = {
    "completed": "Jobs that completed.",
    "failed": "Jobs that failed for good.",
    "errors": "Attempts that ended in an error, or whose worker vanished.",
    "cancelled": "Jobs that were cancelled or expired.",
}
HISTOGRAMS = {
    "run": "Seconds that attempts took.",
    "wait": "Seconds from being due to the start of the first attempt.",
}


def registry() -> CollectorRegistry:
    """Give a registry that holds the jobs alone: counts of a web process would differ from one process to the next."""
    jobs = CollectorRegistry(auto_describe=False)
    jobs.register(JobCollector())
    return jobs


class JobCollector(Collector):
    """Reads the ledger at each scrape. Raises `django.db.Error`."""

    def collect(self) -> Iterator[Metric]:
        """Give every metric of the jobs."""
        yield from _depth()
        yield from _queues()
        totals = list(Tally.objects.filter(minute=EVER))
        yield from (_counter(name, help_text, totals) for name, help_text in COUNTERS.items())
        yield from (_histogram(name, help_text, totals) for name, help_text in HISTOGRAMS.items())
        yield from _processes()


def _depth() -> Iterator[Metric]:
    depth = GaugeMetricFamily("jobs_depth", f"Unfinished jobs; counted up to {CAP:,}.", labels=("queue", "state"))
    oldest = GaugeMetricFamily("jobs_oldest_waiting_seconds", "Since when the oldest job is due.", labels=("queue",))
    found = {
        (queue, state): (count, age)
        for queue, state, count, age in rows(DEPTH, {"queues": settings.JOBS_QUEUES, "cap": CAP})
    }
    for queue in sorted({*settings.JOBS_QUEUES, *(queue for queue, _ in found)}):
        for state in UNFINISHED:
            depth.add_metric((queue, state.value), found.get((queue, state), (0, None))[0])
        oldest.add_metric((queue,), max(0.0, found.get((queue, State.WAITING), (0, None))[1] or 0.0))
    yield depth
    yield oldest
    active = sum(count for (_, state), (count, _) in found.items() if state == State.ACTIVE)
    yield GaugeMetricFamily("jobs_active_leases", "Jobs that a worker holds.", value=active)
    yield GaugeMetricFamily(
        "jobs_expired_leases",
        "Jobs whose worker let its lease run out.",
        value=rows(EXPIRED_LEASES, {"cap": CAP})[0][0],
    )


def _queues() -> Iterator[Metric]:
    paused = GaugeMetricFamily("jobs_queue_paused", "1 while a queue is paused.", labels=("queue",))
    names = set(Queue.objects.filter(paused_at__isnull=False).values_list("name", flat=True))
    for queue in sorted({*settings.JOBS_QUEUES, *names}):
        paused.add_metric((queue,), queue in names)
    yield paused


def _counter(name: str, help_text: str, totals: Iterable[Tally]) -> Metric:
    family = CounterMetricFamily(f"jobs_{name}", help_text, labels=BY_TASK)
    for total in totals:
        family.add_metric((total.task, total.queue), getattr(total, name))
    return family


def _histogram(name: str, help_text: str, totals: Iterable[Tally]) -> Metric:
    family = HistogramMetricFamily(f"jobs_{name}_seconds", help_text, labels=BY_TASK)
    for total in totals:
        buckets = _cumulated(getattr(total, f"{name}_buckets"))
        family.add_metric((total.task, total.queue), buckets, getattr(total, f"{name}_seconds"))
    return family


def _cumulated(counts: Sequence[int]) -> list[tuple[str, float]]:
    names = (*map(str, BOUNDS), "+Inf")
    return [(name, float(total)) for name, total in zip(names, accumulate(counts), strict=True)]


def _processes() -> Iterator[Metric]:
    """Give what only Redis knows, and nothing where it is away: no number would be true."""
    try:
        workers, last_round = len(heartbeat.live_workers()), rounds.last_round()
    except redis.RedisError as error:
        logger.warning("workers not counted", extra={"error": str(error)})
        return
    yield GaugeMetricFamily("jobs_workers", "Celery workers that are alive.", value=workers)
    if last_round is not None:
        yield GaugeMetricFamily(
            "jobs_last_housekeeping_timestamp_seconds",
            "When due jobs and leases were last looked at.",
            value=last_round,
        )
