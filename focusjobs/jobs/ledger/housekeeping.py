"""What the ledger needs from time to time: due jobs promoted, vanished workers found, lost wake-ups noticed."""

from __future__ import annotations

from datetime import timedelta

from billiard.exceptions import WorkerLostError
from django.conf import settings
from django.db import transaction

from focusjobs.sql import rows

from ..domain.fingerprint import Mistake
from ..domain.lifecycle import State
from ..telling import changes
from ..telling.events import Kind
from . import results
from .family import settle
from .grouping import put_into_groups
from .moved import Moved
from .statements.housekeeping import PROMOTE, QUEUES_WITH_WORK, REAP
from .statements.publishing import QUEUES_WITH_OLD_MESSAGES, UNPUBLISH

MAX_STALLS = 3
"""How often a job's worker may vanish before the job fails; a job that kills its worker must not do so for ever."""

VANISHED = f"{WorkerLostError.__module__}.{WorkerLostError.__qualname__}"
"""The error of a job whose worker vanished too often."""

SWEEP = 1000
"""Rows that `promote` and `reap` move in one statement, so that none holds its locks for long."""


def promote() -> list[str]:
    """Make due jobs waiting, up to `SWEEP` of them; answer their queues."""
    return [row[0] for row in rows(PROMOTE, [SWEEP])]


@transaction.atomic
def reap() -> list[str]:
    """Take jobs from workers that vanished, up to `SWEEP` of them; answer the queues where they wait again."""
    stalled = [Moved(*row) for row in rows(REAP, {"limit": SWEEP, "max_stalls": MAX_STALLS})]
    failed = [job for job in stalled if job.state == State.FAILED]
    results.store([job.result(WorkerLostError) for job in failed])
    put_into_groups({job.id: Mistake(job.task, VANISHED, "", "") for job in failed})
    settle([job.as_child() for job in failed if job.parent_id is not None])
    changes.tell([job.change(Kind.FAILED if job.state == State.FAILED else Kind.STALLED) for job in stalled])
    return [job.queue for job in stalled if job.state == State.WAITING]


def queues_with_old_messages(older_than: timedelta) -> list[str]:
    """Give the queues with messages that were sent long ago and did not start their jobs."""
    return [row[0] for row in rows(QUEUES_WITH_OLD_MESSAGES, [settings.JOBS_QUEUES, older_than])]


def unpublish(queue: str, older_than: timedelta) -> None:
    """Let messages be sent again that were sent long ago and did not start their jobs."""
    rows(UNPUBLISH, [queue, older_than])


def queues_with_work() -> list[str]:
    """Give the queues that have jobs to take."""
    return [row[0] for row in rows(QUEUES_WITH_WORK, [settings.JOBS_QUEUES])]
