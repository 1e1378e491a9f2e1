"""Takes jobs where a queue or a key limits how many run at once or start in a period.

Whoever counts holds the row of the limit, and counts in a later statement than the one that locked it, so that it sees
every claim made before. Claims under one limit therefore follow one another; those of other keys go on beside them.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from django.db import transaction

from focusjobs.sql import prepared_rows, rows

from .claiming import taken
from .records import Claim
from .statements.limiting import (
    CLAIM_LIMITED,
    CLAIM_WITHIN_ROOM,
    LOCK_LIMITS,
    LOCK_QUEUE,
    NEXT_ROOM,
    OTHER_WORK,
    QUEUE_ROOM,
    USE_LIMITS,
    USE_QUEUE,
)
from .statements.publishing import PUBLISH

KEYS = 200
"""Keys that one transaction looks at; the next one goes on behind them."""


def claim_limited(queue: str, limit: int, worker: str, lease: timedelta, after: str = "") -> tuple[list[Claim], str]:
    """Take up to `limit` due jobs of a queue within its limits and those of their keys.

    Goes once round the keys, from behind `after` in alphabetical order until it finds room, and answers with the jobs
    and the key behind which the next claim is to begin. A queue that is paused gives nothing.
    """
    wanted: dict[str, Any] = {"queue": queue, "limit": limit, "worker": worker, "lease": lease}
    claims, last = _claim_page(after, wanted)
    while not claims and last:
        claims, last = _claim_page(last, wanted)
    return claim_limited(queue, limit, worker, lease) if after and not claims else (claims, last)


@transaction.atomic
def _claim_page(after: str, wanted: dict[str, Any]) -> tuple[list[Claim], str]:
    """Claim from the queue and from some of its keys; answer with the last of them, or an empty text at the end."""
    queue, limit = wanted["queue"], wanted["limit"]
    lock = rows(LOCK_QUEUE, [queue])
    if lock and lock[0][0]:
        return [], ""
    free = min(limit, rows(QUEUE_ROOM, [queue])[0][0]) if lock else limit
    if free <= 0:
        return [], ""
    claims = taken(CLAIM_WITHIN_ROOM, {**wanted, "limit": free}) if lock else []
    last = after
    if len(claims) < free:
        more, last = _claim_keys(after, {**wanted, "limit": free - len(claims)})
        claims += more
    if lock and claims:
        rows(USE_QUEUE, {"queue": queue, "used": len(claims)})
    return claims, last


def _claim_keys(after: str, wanted: dict[str, Any]) -> tuple[list[Claim], str]:
    looked_at = rows(LOCK_LIMITS, {"queue": wanted["queue"], "after": after, "keys": KEYS})
    keys = [key for key, locked in looked_at if locked]
    claims = taken(CLAIM_LIMITED, {**wanted, "keys": keys}) if keys else []
    if claims:
        started = Counter(str(held.limit_key) for held in claims)
        rows(USE_LIMITS, [list(started), list(started.values())])
        if len(claims) == wanted["limit"]:
            return claims, [key for key in keys if key in started][-1]  # those behind it have not had their turn
    return claims, looked_at[-1][0] if len(looked_at) == KEYS else ""


def take_for_publication(queue: str, limit: int) -> list[tuple[int, str, str, str | None, str | None]]:
    """Mark up to `limit` jobs of a queue as published, in the transaction in which the caller sends their messages.

    A message counts under the queue's limits from when it is sent; a queue that is paused gives nothing. Answers
    number, task, arguments and options as JSON, and Celery's own id.
    """
    lock = rows(LOCK_QUEUE, [queue])
    if lock and lock[0][0]:
        return []
    free = min(limit, rows(QUEUE_ROOM, [queue])[0][0]) if lock else limit
    jobs = rows(PUBLISH, [queue, free]) if free > 0 else []
    if lock and jobs:
        rows(USE_QUEUE, {"queue": queue, "used": len(jobs)})
    return jobs


def other_work(queue: str) -> tuple[bool, bool]:
    """Tell whether a queue that is not paused has jobs under limits, and whether it has messages to send."""
    limited, messages = prepared_rows(OTHER_WORK, [queue])[0]
    return limited, messages


def seconds_until_room(queue: str) -> float | None:
    """Give the time until a period ends that keeps waiting jobs of a queue back; None where there is none."""
    seconds: float | None = rows(NEXT_ROOM, {"queue": queue})[0][0]
    return seconds
