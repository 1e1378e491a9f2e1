"""How many jobs ended and how long they took, from the tallies: by half hour for charts, by queue, by hour and week.

Costs as much as tasks ended jobs in the span that is asked for, whatever the ledger holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from focusjobs.sql import rows

from ..domain.histogram import quantile
from ..telling.tally import BOUNDS

DAY, HOUR, WEEK = timedelta(days=1), timedelta(hours=1), timedelta(weeks=1)

SLOT = timedelta(minutes=30)
"""What one bar of a chart stands for."""

LATELY = timedelta(minutes=10)
"""The span over which speeds are taken."""

NEWEST = 5_000
"""How many jobs the speed of arrivals is taken from at most: the newest."""


def _sums(column: str) -> str:
    """Add histograms up bucket by bucket, which is several times quicker than by `unnest`."""
    parts = ", ".join(f"coalesce(sum({column}[{place}]), 0)::bigint" for place in range(1, len(BOUNDS) + 2))
    return f"ARRAY[{parts}]"


# Half hours of a span with what ended in them. Index: tally_minute.
SLOTS = f"""
SELECT date_bin(%(slot)s, minute, 'epoch'), sum(completed)::bigint, sum(failed)::bigint, sum(cancelled)::bigint,
       {_sums("wait_buckets")}, {_sums("run_buckets")}
FROM jobs_tally WHERE minute >= %(start)s GROUP BY 1 ORDER BY 1
"""  # noqa: S608 - put together from constants

# What ended on each queue in a span. Index: tally_minute.
BY_QUEUE = f"""
SELECT queue, sum(completed + failed + cancelled)::bigint, sum(failed)::bigint,
       {_sums("wait_buckets")}, {_sums("run_buckets")}
FROM jobs_tally WHERE minute >= %(start)s GROUP BY queue
"""  # noqa: S608 - put together from constants

# How many jobs failed for good in each of two spans of the same length. Index: tally_minute.
FAILED = """
SELECT coalesce(sum(failed) FILTER (WHERE minute >= %(start)s), 0)::bigint,
       coalesce(sum(failed) FILTER (WHERE minute < %(start)s), 0)::bigint
FROM jobs_tally
WHERE minute >= %(start)s OR (minute >= %(start_before)s AND minute < %(end_before)s)
"""

# The newest jobs, by queue: how many, and since when they came. Index: the primary key.
ARRIVALS = """
SELECT queue, count(*), min(created_at) FROM (
    SELECT queue, created_at FROM jobs_job ORDER BY id DESC LIMIT %(newest)s) AS newest
WHERE created_at > %(start)s GROUP BY queue
"""


@dataclass(frozen=True)
class Slot:
    """What ended in one half hour, and how long jobs waited and ran, in the buckets of the tally."""

    at: datetime
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    waits: tuple[int, ...] = ()
    runs: tuple[int, ...] = ()


@dataclass(frozen=True)
class Speed:
    """How fast a queue is. Rates are jobs a minute, lengths are seconds; None where nothing started of late."""

    queue: str
    came_in: float = 0.0
    went_out: float = 0.0
    failed: int = 0
    wait_half: float | None = None
    wait_most: float | None = None
    run_half: float | None = None
    run_most: float | None = None


def last_day(now: datetime) -> list[Slot]:
    """Give the half hours of the last 24 hours, the oldest first, the one under way last."""
    start = _floor(now) - DAY + SLOT
    found = {
        at: Slot(at, completed, failed, cancelled, tuple(waits), tuple(runs))
        for at, completed, failed, cancelled, waits, runs in rows(SLOTS, {"slot": SLOT, "start": start})
    }
    moments = [start + SLOT * place for place in range(DAY // SLOT)]
    return [found.get(moment, Slot(moment)) for moment in moments]


def failed_lately(now: datetime) -> tuple[int, int]:
    """Give how many jobs failed in the last hour, and how many in the same hour a week ago."""
    start = now - HOUR
    lately, then = rows(FAILED, {"start": start, "start_before": start - WEEK, "end_before": now - WEEK})[0]
    return lately, then


def speeds(now: datetime) -> dict[str, Speed]:
    """Give how fast each queue is that had something to do of late."""
    start = now - LATELY
    arrived = _arrivals(now, start)
    minutes = LATELY / timedelta(minutes=1)
    found = {
        queue: Speed(
            *(queue, arrived.get(queue, 0.0), ended / minutes, failed),
            *(quantile(buckets, BOUNDS, share) for buckets in (waits, runs) for share in (0.5, 0.95)),
        )
        for queue, ended, failed, waits, runs in rows(BY_QUEUE, {"start": start})
    }
    return {queue: Speed(queue, rate) for queue, rate in arrived.items()} | found


def _arrivals(now: datetime, start: datetime) -> dict[str, float]:
    """Give how many jobs a minute came in, over the span or the time that the newest ones took to come."""
    found = rows(ARRIVALS, {"newest": NEWEST, "start": start})
    full = sum(count for _, count, _ in found) >= NEWEST
    since = min((oldest for _, _, oldest in found), default=start) if full else start
    minutes = max((now - since) / timedelta(minutes=1), 1 / 60)
    return {queue: count / minutes for queue, count, _ in found}


def _floor(now: datetime) -> datetime:
    return now - timedelta(seconds=now.timestamp() % SLOT.total_seconds())
