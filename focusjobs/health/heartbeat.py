"""Which Celery workers and beats are alive, known to all without asking them: each renews a key in Redis."""

from __future__ import annotations

import logging
import socket
from datetime import timedelta
from functools import lru_cache
from typing import Any, cast

import redis
from celery import signals
from django.conf import settings

logger = logging.getLogger(__name__)

ALIVE_FOR = timedelta(seconds=10)
"""A worker beats every 2 seconds (Celery's heartbeat); five missed beats mean that it is gone."""
WORKERS = "focusjobs:workers"


def connect() -> None:
    """Make the workers of this process beat from the moment that they are ready until they shut down."""
    signals.worker_ready.connect(_on_ready)
    signals.heartbeat_sent.connect(_on_heartbeat)
    signals.worker_shutdown.connect(_on_shutdown)


def beat(worker: str) -> None:
    """Record that `worker` is alive now. Raises `redis.RedisError` when Redis does not answer within a second."""
    with client().pipeline(transaction=False) as pipe:
        pipe.sadd(WORKERS, worker)
        pipe.set(_key(worker), 1, ex=ALIVE_FOR)
        pipe.execute()


def beat_of_schedules() -> None:
    """Record that a beat of this machine is alive; where Redis is away, say so and go on."""
    try:
        client().set(_schedules_key(), 1, ex=ALIVE_FOR)
    except redis.RedisError as error:
        logger.warning("no sign of life sent", extra={"error": str(error)})


def are_schedules_looked_at() -> bool:
    """Tell whether a beat of this machine was alive within ALIVE_FOR. Raises `redis.RedisError`."""
    return bool(client().exists(_schedules_key()))


def forget(worker: str) -> None:
    """Record that `worker` has stopped. Raises `redis.RedisError`."""
    with client().pipeline(transaction=False) as pipe:
        pipe.srem(WORKERS, worker)
        pipe.delete(_key(worker))
        pipe.execute()


def live_workers() -> list[str]:
    """Return the names of the workers that beat within ALIVE_FOR, sorted. Raises `redis.RedisError`."""
    names = sorted(name.decode() for name in cast("set[bytes]", client().smembers(WORKERS)))
    if not names:
        return []
    beats = cast("list[bytes | None]", client().mget([_key(name) for name in names]))
    gone = [name for name, value in zip(names, beats, strict=True) if value is None]
    if gone:
        client().srem(WORKERS, *gone)
    return [name for name in names if name not in gone]


@lru_cache
def client() -> redis.Redis:
    """Return the process's client, which fails within a second: a probe or a worker must not hang on Redis."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1)


def _key(worker: str) -> str:
    return f"focusjobs:worker:{worker}"


def _schedules_key() -> str:
    return f"focusjobs:beat:{socket.gethostname()}"


def _on_ready(sender: Any, **_: object) -> None:
    beat(sender.hostname)


def _on_heartbeat(sender: Any, **_: object) -> None:
    try:
        beat(sender.eventer.hostname)
    except redis.RedisError as error:
        logger.warning("no sign of life sent", extra={"error": str(error)})


def _on_shutdown(sender: Any, **_: object) -> None:
    forget(sender.hostname)
