"""Hands a job to a process that stands by for its queue, so that this need not ask the ledger what there is to do.

The process that enqueued claims the job itself, after its commit, when its connection is warm, in the name of the one
that stands by. The lease is short until that one has the job; where the job does not reach it, housekeeping finds the
lease over and the job waits again.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from functools import cache

import redis
from django.conf import settings
from django.db import transaction

from focusjobs.jobs import wakeups

from .claiming import claim, release

logger = logging.getLogger(__name__)

FIRST_LEASE = timedelta(seconds=3)
"""How long a job may be under way to the process that is to run it."""


def hand_over_after_commit(queue: str) -> None:
    """Hand a job over once when the current transaction commits, or now where there is none."""
    bell = _bell(queue)
    if not any(callback is bell for _, callback, _ in transaction.get_connection().run_on_commit):
        transaction.on_commit(bell, robust=True)


@cache
def _bell(queue: str) -> Callable[[], None]:
    def bell() -> None:  # with a name, which Django tells when a callback fails
        hand_over(queue)

    return bell


def hand_over(queue: str) -> None:
    """Claim the next due job of a queue for a process that stands by; ring as usual where there is neither."""
    member = wakeups.reserve(queue)
    if member is None:
        wakeups.ring(queue)
        return
    claims = claim(queue, 1, member.partition("|")[0], min(settings.JOBS_LEASE, FIRST_LEASE))
    try:
        wakeups.deliver(member, json.dumps(claims[0]) if claims else queue)
    except redis.RedisError as error:
        logger.warning("job not handed over", extra={"queue": queue, "error": str(error)})
        release(claims)
    if claims and claims[0].more:
        wakeups.ring(queue)
