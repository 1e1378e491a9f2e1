"""Wake-ups: the message over Redis that tells a Celery worker to look into a queue of the ledger.

A wake-up carries nothing and may be lost: `focusjobs.jobs.worker.maintenance` rings again for whatever waits. At most
one is under way for a queue at a time, however many jobs are enqueued. Failing to ring is logged, never raised: the
caller's transaction has been committed by then, and its jobs are safe.
"""

from __future__ import annotations

import base64
import json
import logging
import time
from collections.abc import Callable
from functools import cache
from uuid import uuid4

import redis
from django.conf import settings
from django.db import transaction

logger = logging.getLogger(__name__)

DRAIN_TASK = "focusjobs.jobs.drain"

FORGET = 60
"""Seconds after which a wake-up that no worker answered is taken for lost."""

SILENCE = 5.0
"""Seconds for which Redis is let alone after it did not answer."""

STANDBY = "focusjobs:standby"
"""The processes that stand by (see `worker.standby`): names that list their queues, by when they are forgotten."""

# Finds a process that stands by for a queue and takes it off the list, until it stands by again. One whose channel
# nobody listens to any more has died.
_FIND = """
local function find(list, queue)
  local now = redis.call('TIME')[1]
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', list, now, '+inf', 'LIMIT', 0, 50)) do
    if string.find(member, ',' .. queue .. ',', 1, true) then
      redis.call('ZREM', list, member)
      if redis.call('PUBSUB', 'NUMSUB', 'focusjobs:here:' .. member)[2] > 0 then
        return member
      end
    end
  end
  return false
end
"""

# Rings the process that stands by for the queue; where there is none, sends the Celery message. A list that nobody
# reads does not grow without end. KEYS: the queue's list, its mark, the list of who stands by. ARGV: the Celery
# message, seconds until the mark is forgotten, "1" to send it also over a mark when the list is empty, as it is when a
# wake-up was lost; the queue.
RING = (
    _FIND
    + """
local member = find(KEYS[3], ARGV[4])
if member then
  redis.call('LPUSH', 'focusjobs:bell:' .. member, ARGV[4])
  redis.call('EXPIRE', 'focusjobs:bell:' .. member, 5)
  return 1
end
local fresh = redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[2])
local length = redis.call('LLEN', KEYS[1])
if (fresh and length < 100) or (ARGV[3] == '1' and length == 0) then
  redis.call('LPUSH', KEYS[1], ARGV[1])
  return 1
end
return 0
"""
)


# Reserves a process that stands by for a queue. KEYS: the list of who stands by. ARGV: the queue.
RESERVE = _FIND + "return find(KEYS[1], ARGV[1])"


class Silence:
    """Whether Redis is let alone, as one that hangs would slow down every job that asks or tells it something."""

    def __init__(self) -> None:
        self._until = 0.0

    def is_on(self) -> bool:
        """Tell whether Redis failed to answer less than `SILENCE` seconds ago."""
        return time.monotonic() < self._until

    def begin(self) -> None:
        """Note that Redis did not answer."""
        self._until = time.monotonic() + SILENCE


_silence = Silence()


def ring_after_commit(queue: str) -> None:
    """Ring once when the current transaction commits, or now where there is none."""
    bell = _bell(queue)
    waiting = transaction.get_connection().run_on_commit
    if not any(callback is bell for _, callback, _ in waiting):
        transaction.on_commit(bell, robust=True)


@cache
def _bell(queue: str) -> Callable[[], None]:
    def bell() -> None:  # with a name, which Django tells when a callback fails
        ring(queue)

    return bell


def ring(queue: str, *, lost: bool = False) -> bool:
    """Send a wake-up unless one is under way; tell whether one was sent. With `lost`, distrust the mark."""
    try:
        ringer = _ringer()
        keys = [queue, _mark(queue), STANDBY]
        sent = ringer(keys=keys, args=[message(queue), FORGET, int(lost), queue])
    except redis.RedisError as error:
        logger.warning("wake-up not sent", extra={"queue": queue, "error": str(error)})
        return False
    return bool(sent)


def reserve(queue: str) -> str | None:
    """Give the name of a process that stands by for a queue, which nobody else will ring now; None without one.

    It is asked inside the caller's transaction, and so not again for some seconds where Redis did not answer.
    """
    if _silence.is_on():
        return None
    try:
        member = _reserver()(keys=[STANDBY], args=[queue])
    except redis.RedisError as error:
        logger.warning("nobody reserved", extra={"queue": queue, "error": str(error)})
        _silence.begin()
        return None
    return member.decode() if member else None


def deliver(member: str, message: str) -> None:
    """Ring a reserved process with a message: a queue, or a claim as JSON. Raises `redis.RedisError`."""
    with client().pipeline(transaction=False) as pipe:
        pipe.lpush(bell_of(member), message)
        pipe.expire(bell_of(member), 5)
        pipe.execute()


def bell_of(member: str) -> str:
    """Give the list at which a process that stands by is rung."""
    return f"focusjobs:bell:{member}"


def channel_of(member: str) -> str:
    """Give the channel to which a process that stands by listens as long as it lives."""
    return f"focusjobs:here:{member}"


def answer(queue: str) -> None:
    """Let the next wake-up of a queue through; called by the worker that answers one."""
    try:
        client().delete(_mark(queue))
    except redis.RedisError as error:
        logger.warning("wake-up not marked as answered", extra={"queue": queue, "error": str(error)})


def is_empty(queue: str) -> bool:
    """Tell whether no message is under way on a queue; False where Redis cannot say."""
    try:
        return client().llen(queue) == 0
    except redis.RedisError:
        return False


def _mark(queue: str) -> str:
    return f"focusjobs:rung:{queue}"


@cache
def client() -> redis.Redis:
    """Give this process's connection for wake-ups.

    It waits half a second and never retries, since it is used between a claim and its finish, where waiting would
    cost leases.
    """
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5, retry=None, health_check_interval=30
    )


@cache
def _reserver() -> redis.commands.core.Script:
    return client().register_script(RESERVE)


@cache
def _ringer() -> redis.commands.core.Script:
    return client().register_script(RING)


def message(queue: str) -> bytes:
    """Give a Celery message (protocol 2, kombu's Redis form) that calls the drain task for a queue.

    Built here because publishing through Celery costs 0.4 to 1.5 ms a message; a test has a real worker read it.
    Source: docs.celeryq.dev/en/stable/internals/protocol.html.
    """
    unique = str(uuid4())
    headers = {
        "lang": "py",
        "task": DRAIN_TASK,
        "id": unique,
        "root_id": unique,
        "argsrepr": "()",
        "kwargsrepr": repr({"queue": queue}),
        "ignore_result": True,
        "retries": 0,
        "timelimit": [None, None],
    }
    properties = {
        "correlation_id": unique,
        "delivery_mode": 1,
        "delivery_info": {"exchange": "", "routing_key": queue},
        "delivery_tag": unique,
        "priority": 0,
        "body_encoding": "base64",
    }
    envelope = {
        "body": _body(queue),
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": headers,
        "properties": properties,
    }
    return json.dumps(envelope).encode()


@cache
def _body(queue: str) -> str:
    links = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}
    return base64.b64encode(json.dumps([[], {"queue": queue}, links]).encode()).decode()
