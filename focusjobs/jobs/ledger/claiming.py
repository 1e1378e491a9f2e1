"""Takes jobs for an attempt, keeps them, gives them back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from focusjobs.sql import columns, prepared_rows, rows

from ..domain.identity import job_id_of
from ..telling import wakeups
from .records import Claim
from .statements.claiming import CLAIM, CLAIM_BY_CELERY_ID, CLAIM_BY_ID, EXTEND, HELD, NUMBER, RELEASE, STANDING

SIZES = (1, 4, 16, 64, 256, 500)
"""Numbers of jobs whose claim is prepared, which halves its time. Each is a statement of its own: with the number as a
parameter PostgreSQL's generic plan would read all that waits."""


def claim(queue: str, limit: int, worker: str, lease: timedelta) -> list[Claim]:
    """Take up to `limit` due jobs of a queue for one attempt each, in the order in which they are to run."""
    wanted = {"queue": queue, "worker": worker, "lease": lease}
    if limit in SIZES:
        return _in_order(prepared_rows(CLAIM.replace("%(limit)s", str(limit)), wanted))
    return taken(CLAIM, {**wanted, "limit": limit})


def taken(statement: str, parameters: dict[str, object]) -> list[Claim]:
    """Run a claim and give what it took in the order in which it is to run."""
    return _in_order(rows(statement, parameters))


def _in_order(taken_rows: Iterable[tuple[Any, ...]]) -> list[Claim]:
    """Give claims by priority and age; UPDATE … RETURNING promises no order."""
    return sorted(map(Claim._make, taken_rows), key=lambda held: (held.priority, held.id))


def claim_by_task_id(task_id: str, worker: str, lease: timedelta) -> Claim | None:
    """Take the waiting job that Celery knows by this id; None where it does not wait."""
    number = job_id_of(task_id)
    statement = CLAIM_BY_CELERY_ID if number is None else CLAIM_BY_ID
    claims = taken(statement, {"id": number, "celery_id": task_id, "worker": worker, "lease": lease})
    return claims[0] if claims else None


def held_by_task_id(task_id: str) -> Claim | None:
    """Give the attempt under way of the job that Celery knows by this id, whoever holds it."""
    found = rows(HELD, {"id": job_id_of(task_id), "celery_id": task_id})
    return Claim._make(found[0]) if found else None


def number_of(celery_id: str) -> int | None:
    """Give the number of the job with an id that Celery chose."""
    found = rows(NUMBER, [celery_id])
    return found[0][0] if found else None


def release(claims: Sequence[Claim]) -> None:
    """Give back jobs that were claimed but not started, and ring their queues."""
    if claims:
        given_back = rows(RELEASE, columns(claims, lambda held: (held.id, held.fence)))
        for queue in {row[0] for row in given_back}:
            wakeups.ring_after_commit(queue)


def extend(held: Sequence[tuple[Claim, str | None]], lease: timedelta) -> set[int]:
    """Prolong leases and write progress (JSON, or None for no news); answer the jobs that are still held."""
    values = columns(held, lambda item: (item[0].id, item[0].fence, item[1]))
    return {row[0] for row in rows(EXTEND, [lease, *values])}


def standing(claims: Sequence[Claim]) -> set[int]:
    """Answer the jobs that nobody took away from these claims; a completed one is none that was taken away."""
    if not claims:
        return set()
    return {row[0] for row in rows(STANDING, columns(claims, lambda held: (held.id, held.fence)))}
