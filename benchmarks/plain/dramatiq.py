"""Dramatiq's side: a Redis broker and an actor that does nothing."""

from __future__ import annotations

import os

import dramatiq
from dramatiq.brokers.redis import RedisBroker

broker = RedisBroker(url=os.environ["REDIS_URL"])
dramatiq.set_broker(broker)


@dramatiq.actor
def noop(n: int, data: str) -> None:
    """Do nothing."""
