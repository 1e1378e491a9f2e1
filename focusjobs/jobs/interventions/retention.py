"""Forgets finished jobs: by their age, and by how many there are of a state.

A job goes with its attempts, its log and its `TaskResult`. In a flow nothing goes that something unfinished needs: a
parent stays while a child of it is unfinished, a child while its parent has not completed and may still read it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from focusjobs.sql import rows

from ..domain.identity import task_id_of
from ..domain.lifecycle import FINISHED, State
from ..errors import OperationRefused
from ..ledger import results
from ..telling import tally
from . import statements

BATCH = 1_000
"""Jobs that one transaction deletes, so that none holds its locks for long."""


PAUSE = 60.0
"""Seconds between two looks of the housekeeping, where the last one found little to delete."""


@dataclass(frozen=True)
class Keep:
    """How long finished jobs of a state are kept, and how many at least before older ones go; None: without end."""

    age: timedelta | None
    count: int | None

    def until(self, state: State) -> datetime | None:
        """Give the time before which jobs that ended are too old or too many, or None where none is."""
        now = timezone.now()
        times = [now - self.age] if self.age is not None else []
        if self.count == 0:
            times.append(now + timedelta(days=1))
        elif self.count is not None:  # jobs that ended in the same moment as the last one to be kept are kept as well
            times += [row[0] for row in rows(statements.NEWEST_ENDED, [str(state), self.count - 1])]
        return max(times, default=None)


def policies() -> dict[State, Keep]:
    """Give what the settings say about each final state."""
    return {
        state: Keep(getattr(settings, f"JOBS_KEEP_{state.name}"), getattr(settings, f"JOBS_KEEP_{state.name}_COUNT"))
        for state in FINISHED
    }


def prune(limit: int | None = None) -> int:
    """Delete what the settings do not keep, up to `limit` jobs of each state; answer how many went."""
    return sum(_delete(state, keep.until(state), limit) for state, keep in policies().items())


class Pruner:
    """Prunes now and then: a batch of each state at a time, with a pause once there is less than that to delete."""

    def __init__(self) -> None:
        self.due = 0.0

    def __call__(self) -> None:
        """Prune if it is time to."""
        if time.monotonic() < self.due:
            return
        full = [_delete(state, keep.until(state), BATCH) == BATCH for state, keep in policies().items()]
        tally.prune(timezone.now() - tally.KEPT)
        rows(statements.DELETE_OVER_THROTTLES, [BATCH])
        if not any(full):
            self.due = time.monotonic() + PAUSE


def clean(state: str, older_than: timedelta, limit: int | None = None) -> int:
    """Delete jobs that ended in a state more than `older_than` ago, up to `limit` of them; answer how many went.

    Raises `OperationRefused` for a state that is not final and for an age below nothing.
    """
    if state not in FINISHED:
        raise OperationRefused(f"Only {', '.join(FINISHED)} jobs can be deleted, not {state} ones.")
    if older_than < timedelta(0):
        raise OperationRefused("An age is not below nothing.")
    return _delete(State(state), timezone.now() - older_than, limit)


def _delete(state: State, until: datetime | None, limit: int | None) -> int:
    deleted = 0
    while until is not None and (limit is None or deleted < limit):
        size = BATCH if limit is None else min(BATCH, limit - deleted)
        gone = _delete_batch(state, until, size)
        deleted += gone
        if gone < size:
            break
    return deleted


@transaction.atomic
def _delete_batch(state: State, until: datetime, size: int) -> int:
    old = rows(statements.CHOOSE_OLD, {"state": str(state), "until": until, "limit": size})
    delete_jobs(old)
    return len(old)


def delete_jobs(jobs: Sequence[tuple[int, str | None]]) -> None:
    """Delete jobs that have ended, by number and Celery's id where it chose one, in the current transaction."""
    if jobs:
        results.forget(celery_id or task_id_of(number) for number, celery_id in jobs)
        rows(statements.DELETE, [[number for number, _ in jobs]])
