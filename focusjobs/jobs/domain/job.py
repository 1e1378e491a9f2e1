"""A job before and just after it is written, and what a child leaves to its parent.

Pure: no Django, no clock, no I/O.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from .identity import task_id_of
from .lifecycle import State
from .limit import Limit

OnFailure = Literal["fail", "ignore", "continue"]
"""What a child's failure means for its parent: it fails; it runs when all have ended; it runs at once."""

FARTHEST = timedelta(days=36_525)
"""A century: no job is put off for longer, since not every calendar reaches as far as PostgreSQL's."""


@dataclass(frozen=True)
class EnqueuedJob:
    """What `enqueue` answers: the job's number, and whether this call made it or found it by its `unique_key`."""

    id: int
    created: bool = True

    @property
    def task_id(self) -> str:
        """The id for Celery: `AsyncResult(job.task_id)`."""
        return task_id_of(self.id)


@dataclass(frozen=True)
class ChildResult:
    """What became of a child: its state, what it returned, and the error it failed with."""

    id: int
    task: str
    arguments: dict[str, Any]
    state: State
    value: Any
    error: str


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """A job that is not in the ledger yet."""

    task: str
    queue: str
    arguments: str
    lane: str = "drain"
    priority: int = 0
    max_attempts: int = 1
    options: str | None = None
    unique_key: str | None = None
    unique_while_active: bool = True
    unique_for: timedelta | None = None
    replace_pending: bool = False
    limit: Limit | None = None
    user_id: int | None = None
    run_at: datetime | None = None
    delay: timedelta | None = None
    expires_at: datetime | None = None
    schedule_id: int | None = None
    celery_id: str | None = None
    parent_id: int | None = None
    on_failure: OnFailure = "fail"
    children_left: int = 0
