"""Standing by: how an idle worker hears of a new job within a millisecond.

A drain that has emptied its queue stays on for a while, one in each worker, and waits for the next wake-up of any of
the worker's queues at a list of its own in Redis. `focusjobs.jobs.telling.wakeups` rings there first, and by a Celery
message where nobody stands by. Whoever stands by holds one slot of the worker's pool, and makes room at once when the
pool needs it (`Roster.relieve`). All of this may be lost with Redis; then Celery messages do the work.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, cast
from uuid import uuid4

import redis
from django.conf import settings

from ..ledger import Claim
from ..telling.wakeups import STANDBY, bell_of, channel_of, client

logger = logging.getLogger(__name__)

LONGEST = 30.0
"""Seconds for which a drain stands by; then the next one takes over, so that Celery sees its tasks end."""

CYCLE = 1
"""Seconds of one wait; whoever does not renew its place within three is forgotten."""

LEAVE = b"leave"


@dataclass(frozen=True)
class Roster:
    """Where a worker's processes learn which queues it takes from, and whether one of them stands by already."""

    node: str

    def publish(self, queues: list[str]) -> None:
        """Let the processes of this worker stand by for these queues. Raises `redis.RedisError`."""
        client().set(self._queues, json.dumps(queues), ex=60)

    def close(self) -> None:
        """Let nobody stand by for this worker any more, as it is to end. Raises `redis.RedisError`."""
        client().delete(self._queues)
        self.relieve()

    def is_vacant(self) -> bool:
        """Tell whether nobody stands by for this worker. Raises `redis.RedisError`."""
        return not client().exists(self._post)

    def relieve(self) -> None:
        """Ask whoever stands by for this worker to make room. Raises `redis.RedisError`."""
        member = cast("bytes | None", client().get(self._post))
        if member is not None:
            client().lpush(bell_of(member.decode()), LEAVE)

    def take_post(self, worker: str) -> Post | None:
        """Stand by for this worker, unless another process does or none is to. Raises `redis.RedisError`.

        worker: the name under which this process holds jobs.
        """
        queues = cast("bytes | None", client().get(self._queues))
        if queues is None:
            return None
        member = f"{worker}|{uuid4()},{','.join(json.loads(queues))},"
        taken = client().set(self._post, member, nx=True, ex=3 * CYCLE)
        return Post(self._post, member, self._queues) if taken else None

    @property
    def _queues(self) -> str:
        return f"focusjobs:queues:{self.node}"

    @property
    def _post(self) -> str:
        return f"focusjobs:post:{self.node}"


@dataclass(frozen=True)
class Post:
    """A place at which one process stands by, under a name that lists its queues."""

    key: str
    member: str
    roster: str
    """The key that tells the worker's queues; it goes when the worker is to end."""

    def bells(self) -> Iterator[str | Claim]:
        """Give the queues that are rung for and the jobs that are handed over, as they come.

        Begins with each queue once, since it may have been rung before, and while nobody can hand anything over.
        """
        try:
            yield from self.member.split(",")[1:-1]
            with self.presence():
                yield from self._coming_bells(time.monotonic() + LONGEST)
                yield from self._last_bells()
        except redis.RedisError as error:
            logger.warning("stands by no longer", extra={"error": str(error)})
        finally:
            self._leave()

    @contextmanager
    def presence(self) -> Iterator[None]:
        """Listen to a channel: Redis knows at once when a process that listens has died. Raises `redis.RedisError`."""
        pubsub: Any = _patient_client().pubsub  # untyped upstream
        with pubsub() as listening:
            listening.subscribe(channel_of(self.member))
            listening.get_message(timeout=CYCLE)
            yield

    def _coming_bells(self, end: float) -> Iterator[str | Claim]:
        while time.monotonic() < end and self._renew():
            rung = cast("list[bytes] | None", _patient_client().brpop([bell_of(self.member)], timeout=CYCLE))
            if rung is not None and rung[1] == LEAVE:
                return
            if rung is not None:
                yield _read(rung[1])

    def _last_bells(self) -> Iterator[str | Claim]:
        """Stand by no longer, and give what came meanwhile."""
        client().zrem(STANDBY, self.member)
        while rung := cast("bytes | None", client().rpop(bell_of(self.member))):
            if rung != LEAVE:
                yield _read(rung)

    def _renew(self) -> bool:
        """Keep the place; tell whether the worker still wants somebody there."""
        with client().pipeline(transaction=False) as pipe:
            pipe.set(self.key, self.member, ex=3 * CYCLE)
            pipe.zadd(STANDBY, {self.member: time.time() + 3 * CYCLE})
            pipe.exists(self.roster)
            return bool(pipe.execute()[-1])

    def _leave(self) -> None:
        try:
            with client().pipeline(transaction=False) as pipe:
                pipe.zrem(STANDBY, self.member)
                pipe.delete(self.key, bell_of(self.member))
                pipe.execute()
        except redis.RedisError as error:
            logger.warning("the place will be free in a few seconds", extra={"error": str(error)})


def _read(message: bytes) -> str | Claim:
    return Claim._make(json.loads(message)) if message.startswith(b"[") else message.decode()


@cache
def _patient_client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=CYCLE + 4, socket_connect_timeout=1, retry=None)
