"""Takes jobs where a queue or a key limits how many run at once or start in a period.

Whoever counts holds the row of the limit, and counts in a later statement than the one that locked it, so that it sees
every claim made before. Claims under one limit therefore follow one another; those of other keys go on beside them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction

from focusjobs.jobs import statements

from .claiming import taken
from .records import Claim, rows

KEYS = 200
"""Keys that one claim looks at; the next claim goes on behind them, so that each has its turn."""


@transaction.atomic
def claim_limited(queue: str, limit: int, worker: str, lease: timedelta, after: str = "") -> tuple[list[Claim], str]:
    """Take up to `limit` due jobs of a queue within its limits and those of their keys.

    Looks at keys behind `after` in alphabetical order, and answers with the jobs and the last key looked at; an empty
    text where it came to the end. A queue that is paused gives nothing.
    """
    lock = rows(statements.LOCK_QUEUE, [queue])
    if lock and lock[0][0]:
        return [], ""
    free = min(limit, rows(statements.QUEUE_ROOM, [queue])[0][0]) if lock else limit
    if free <= 0:
        return [], ""
    wanted: dict[str, object] = {"queue": queue, "limit": free, "worker": worker, "lease": lease}
    claims = taken(statements.CLAIM_WITHIN_ROOM, wanted) if lock else []
    keys = [row[0] for row in rows(statements.LOCK_LIMITS, {"queue": queue, "after": after, "keys": KEYS})]
    if keys and len(claims) < free:
        claims += _claim_keys(keys, {**wanted, "limit": free - len(claims)})
    if lock and claims:
        rows(statements.USE_QUEUE, {"queue": queue, "used": len(claims)})
    return claims, keys[-1] if len(keys) == KEYS else ""


def _claim_keys(keys: Sequence[str], wanted: dict[str, object]) -> list[Claim]:
    claims = taken(statements.CLAIM_LIMITED, {**wanted, "keys": list(keys)})
    if claims:
        started = Counter(held.limit_key for held in claims)
        rows(statements.USE_LIMITS, [list(started), list(started.values())])
    return claims


def seconds_until_room(queue: str) -> float | None:
    """Give the time until a period ends that keeps waiting jobs of a queue back; None where there is none."""
    seconds: float | None = rows(statements.NEXT_ROOM, {"queue": queue})[0][0]
    return seconds
