"""Tasks under limits for tests, and a gauge of how many run at once."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

from focusjobs.jobs import Limit, ledger, task
from focusjobs.jobs.models import Job

from .conftest import LEASE

PERIOD = timedelta(seconds=0.3)


class Gauge:
    """Counts how many jobs run at the same time, by key."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.running: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.order: list[str] = []

    def __call__(self, key: str) -> None:
        with self.lock:
            self.order.append(key)
            self.running[key] += 1
            self.most[key] = max(self.most[key], self.running[key])
        threading.Event().wait(0.005)
        with self.lock:
            self.running[key] -= 1

    def clear(self) -> None:
        """Begin anew."""
        self.running.clear()
        self.most.clear()
        self.order.clear()


gauge = Gauge()


@task(limit=Limit(key="few:{key}", at_once=2), name="tests.few_at_once")
def few_at_once(*, key: str) -> None:
    """Run at most two of a key at once."""
    gauge(key)


@task(limit=Limit(key="single:{key}", at_once=1), name="tests.one_at_once", attempts=2)
def one_at_once(*, key: str, fail: bool = False) -> None:
    """Run one of a key at a time."""
    gauge(key)
    if fail:
        raise RuntimeError(key)


@task(limit=Limit(key="rate:{key}", rate=4, period=PERIOD), name="tests.few_in_a_period")
def few_in_a_period(*, key: str = "default") -> None:
    """Start at most four of a key in a period."""


def numbers(answers: list[Any]) -> list[int]:
    return [answer.id for answer in answers]


def starts_by_window(period: timedelta, **which: Any) -> list[int]:
    """Count starts in windows that follow each other, the first of which begins with the first start."""
    starts = sorted(Job.objects.filter(**which).values_list("started_at", flat=True))
    counts: list[int] = []
    end = None
    for start in starts:
        if end is None or start >= end:
            end = start + period
            counts.append(0)
        counts[-1] += 1
    return counts


def claim_limited(limit: int = 100, queue: str = "default", after: str = "") -> list[ledger.Claim]:
    return ledger.claim_limited(queue, limit, "w", LEASE, after)[0]
