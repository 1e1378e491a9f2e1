"""Enqueues with dramatiq, which keeps no record of finished jobs."""

from __future__ import annotations

import time

from benchmarks.plain.dramatiq import broker, noop

DATA = "x" * 100
sent = 0


def bulk(kind: str, jobs: int, size: int) -> float:
    """Send jobs one by one, which is all that dramatiq offers."""
    global sent
    start = time.monotonic()
    for n in range(jobs):
        noop.send(n=n, data=DATA)
    sent += jobs
    return time.monotonic() - start


def drained() -> bool:
    """Tell whether every message was acknowledged: only then is its body removed."""
    return broker.client.hlen("dramatiq:default.msgs") == 0


def completed() -> int:
    """Count acknowledged jobs."""
    return sent - broker.client.hlen("dramatiq:default.msgs")


def clear() -> None:
    """Forget everything."""
    global sent
    sent = 0
