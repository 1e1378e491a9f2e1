"""Events: what happens to jobs, as a capped stream in Redis that any process can follow.

Events are for showing things soon; the ledger is the truth. They are told after the commit of what they tell, may be
lost with Redis, and the stream keeps only the latest. One entry tells how a whole group of attempts ended. That a job
was added or started is not told: whoever enqueues has the job's number, and an entry for each would cost a round trip
where jobs otherwise share one.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, cast

import redis
from django.conf import settings

from . import wakeups

logger = logging.getLogger(__name__)

STREAM = "focusjobs:events"

KEPT = 10_000
"""Entries that the stream keeps, about; some 50 MB at worst, where each tells of 500 jobs."""

BLOCK = 1.0
"""Seconds that one read waits in Redis at most."""


class Kind(StrEnum):
    """What happened. All but `progress`, and `cut`, end an attempt."""

    COMPLETED = "completed"
    FAILED = "failed"
    """For good."""
    RETRYING = "retrying"
    """An attempt failed, and there will be another."""
    SNOOZED = "snoozed"
    WAITING_CHILDREN = "waiting_children"
    """The attempt made children, and the job waits for them."""
    CANCELLED = "cancelled"
    STALLED = "stalled"
    """The worker vanished; the job waits again."""
    PROGRESS = "progress"
    CUT = "cut"
    """Events between the one before and the next may be missing: the follower came or read too late."""


@dataclass(frozen=True)
class Event:
    """Something that happened to a job."""

    entry: str
    """Where in the stream: `follow(since=event.entry)` goes on after its entry, which may tell of several jobs."""
    kind: Kind
    job_id: int | None
    """None for `Kind.CUT`."""
    detail: Any = None
    """The error in one line, or the progress."""

    @property
    def at(self) -> datetime:
        """When it was told, by Redis' clock."""
        return datetime.fromtimestamp(int(self.entry.partition("-")[0]) / 1000, UTC)


News = tuple[Kind, Sequence[int], Any]
"""Something that happened to jobs, with a detail."""


_silence = wakeups.Silence()


def publish(news: Sequence[News]) -> None:
    """Tell, in one entry. Failing is logged and never raised: what is told has been committed already."""
    if not news or not settings.JOBS_EVENTS or _silence.is_on():
        return
    entry = {"news": json.dumps(news, separators=(",", ":"))}
    try:
        wakeups.client().xadd(STREAM, cast("Any", entry), maxlen=KEPT, approximate=True)
    except redis.RedisError as error:
        _silence.begin()
        logger.warning("events not told", extra={"seconds_of_silence": wakeups.SILENCE, "error": str(error)})


class Follower:
    """Reads the stream from a place on, over a connection of its own (see `follow`). Raises `redis.RedisError`."""

    def __init__(self, since: str = "$", job_ids: Collection[int] | None = None) -> None:
        self._wanted = None if job_ids is None else frozenset(job_ids)
        # A connection that a proxy has dropped is found by the check before each use.
        self._client = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=BLOCK + 4, socket_connect_timeout=1, health_check_interval=5
        )
        self._since = self._latest() if since == "$" else since

    def __enter__(self) -> Follower:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the connection go."""
        self._client.close()

    def read(self, wait: float) -> list[Event]:
        """Give the next events, after up to `wait` seconds (no more than `BLOCK`); none may be of a wanted job."""
        # Zero milliseconds would wait for ever.
        block = max(1, int(min(wait, BLOCK) * 1000))
        answer = cast("list[Any]", self._client.xread({STREAM: self._since}, count=100, block=block))
        if not answer:
            return []
        entries = [(entry.decode(), fields[b"news"]) for entry, fields in answer[0][1]]
        events = [Event(entries[0][0], Kind.CUT, None)] if self._may_have_missed() else []
        self._since = entries[-1][0]
        return events + [event for entry, news in entries for event in self._events(entry, news)]

    def _latest(self) -> str:
        found = cast("list[Any]", self._client.xrevrange(STREAM, count=1))
        return str(found[0][0].decode()) if found else "0-0"

    def _may_have_missed(self) -> bool:
        """Tell whether entries may have gone before they were read.

        The stream is cut at its beginning only, so that nothing is missing as long as the entry before is there after
        the read. Someone who starts from nothing has missed nothing.
        """
        return self._since not in ("0", "0-0") and not self._client.xrange(STREAM, self._since, self._since, count=1)

    def _events(self, entry: str, news: bytes) -> Iterator[Event]:
        for kind, job_ids, detail in json.loads(news):
            for job_id in job_ids:
                if self._wanted is None or job_id in self._wanted:
                    yield Event(entry, Kind(kind), job_id, detail)


def follow(since: str = "$", job_ids: Collection[int] | None = None, timeout: float | None = None) -> Iterator[Event]:
    """Give events as they happen, of these jobs or of all, until `timeout` seconds have passed.

    since: an entry to go on after, "0" for all that the stream still holds, or "$" for those after this call (not
    after the first `next`). A follower who may have missed events because they were cut is told so by an event of the
    kind `cut`, whatever jobs it follows. Raises `redis.RedisError`, also while following; what was seen last is where
    to go on.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    return _follow(Follower(since, job_ids), deadline)


def _follow(follower: Follower, deadline: float | None) -> Iterator[Event]:
    with follower:
        left = BLOCK
        while left > 0:
            yield from follower.read(BLOCK if deadline is None else min(BLOCK, deadline - time.monotonic()))
            left = BLOCK if deadline is None else deadline - time.monotonic()
