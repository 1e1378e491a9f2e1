"""What the ledger's statements give and take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple, TypeVar

from ..context import Line
from ..domain.fingerprint import Mistake
from ..domain.identity import task_id_of
from ..domain.job import NewJob
from ..domain.lifecycle import State
from . import results

T = TypeVar("T")


class Claim(NamedTuple):
    """An attempt that this process holds: the columns that the claims of `statements` return, in their order.

    A tuple, and its time a text that only goes back to the database, since one is made for every job.
    """

    id: int
    fence: int
    task: str
    arguments: str
    attempt: int
    max_attempts: int
    tries: int
    worker: str
    started_at: str
    celery_id: str | None
    expired: bool
    priority: int
    options: str | None
    limit_key: str | None
    stalls: int
    queue: str
    waited: float
    """Seconds from being due to this attempt."""
    more: bool
    """Whether its claim left further due jobs."""

    @property
    def task_id(self) -> str:
        """The id under which Celery knows the job."""
        return self.celery_id or task_id_of(self.id)


@dataclass(kw_only=True, slots=True)
class Ended:
    """How an attempt ended, and what is to be kept of it; `written` where that has been done already."""

    claim: Claim
    state: State
    outcome: str
    value: str | None = None
    error: str = ""
    failure: results.Failure | None = None
    traceback: str = ""
    delay: timedelta = timedelta(0)
    refund: int = 0
    progress: str | None = None
    lines: Sequence[Line] = ()
    children: Sequence[NewJob] = ()
    exception: Exception | None = None
    mistake: Mistake | None = None
    """What the error is one of; None where the attempt did not fail."""
    written: bool = False
    took: float = 0.0
    """Seconds that the task ran."""
