"""What tests of the ledger share: a worker's view of it without a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, TypeVar

import pytest
import redis
from django.db import connection

from focusjobs.jobs import ledger
from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.telling import wakeups
from focusjobs.jobs.worker.drain import Pace
from focusjobs.jobs.worker.pulse import Pulse

T = TypeVar("T")
LEASE = timedelta(seconds=30)
Claim = ledger.Claim


class QuietPulse(Pulse):
    """A pulse that beats only when it is told to: its thread would use a connection of its own."""

    def _run(self) -> None:
        return


@pytest.fixture
def pulse(monkeypatch: pytest.MonkeyPatch) -> Pulse:
    """The pulse that drains of this test use, at a pace that no other test has set."""
    pulse = QuietPulse(LEASE)
    monkeypatch.setattr("focusjobs.jobs.worker.drain._pace", Pace())
    monkeypatch.setattr("focusjobs.jobs.worker.drain.pulse_of_process", lambda: pulse)
    return pulse


@pytest.fixture
def unprepared(settings: Any) -> None:
    """Statements are not prepared: such go past the wrapper that explains."""
    settings.JOBS_PREPARED_STATEMENTS = False


@pytest.fixture
def bells() -> redis.Redis:
    """The store of wake-ups, emptied."""
    client = wakeups.client()
    client.flushdb()
    return client


@pytest.fixture
def elsewhere() -> Iterator[Callable[[Callable[[], T]], T]]:
    """Runs a function on a connection of its own, as another process would, and gives its answer."""
    with ThreadPoolExecutor(1) as pool:
        yield lambda function: pool.submit(function).result(timeout=20)
        pool.submit(lambda: connection.close()).result(timeout=20)


def claim(limit: int = 1, *, queue: str = "default", worker: str = "w", lease: timedelta = LEASE) -> list[Claim]:
    return ledger.claim(queue, limit, worker, lease)


def claim_one(*, lease: timedelta = LEASE, worker: str = "w") -> Claim:
    (held,) = claim(lease=lease, worker=worker)
    return held


def ended(held: Claim, state: State = State.COMPLETED, **details: Any) -> ledger.Ended:
    return ledger.Ended(claim=held, state=state, outcome=details.pop("outcome", str(state)), **details)
