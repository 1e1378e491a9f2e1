"""Putting jobs back as they were before an operation: what is kept for that, and doing it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction

from focusjobs.sql import columns, rows

from ..domain.lifecycle import FINISHED, State
from ..errors import ChildFailed
from ..ledger import results
from ..ledger.family import settle
from ..ledger.moved import Moved
from ..models import Job, OperationJob
from . import statements
from .jobs import note, rejoin, ring


@dataclass(frozen=True)
class Captured:
    """What of a job an act may replace: the columns that `CAPTURE` returns, in their order."""

    id: int
    fence: int
    is_active: bool
    error_group_id: int | None
    before: str


@dataclass(frozen=True)
class Restored(Moved):
    """A job that was put back: the columns that `RESTORE` returns, in their order."""

    attempt: int


def capture(ids: Iterable[int]) -> dict[int, Captured]:
    """Give jobs by number as they are now, for `link`."""
    return {row[0]: Captured(*row) for row in rows(statements.CAPTURE, {"ids": list(ids)})}


def link(operation: int, changed: Iterable[Captured], *, canary: bool = False, undoable: bool = True) -> None:
    """Note which jobs an operation changed, in the transaction that changed them. What ran cannot be put back."""
    befores = [
        (it.id, it.fence, it.before if undoable and not it.is_active else None, it.error_group_id) for it in changed
    ]
    if befores:
        ids, fences, texts, groups = columns(befores, tuple)
        values = {"ids": ids, "fences": fences, "befores": texts, "groups": groups}
        rows(statements.LINK, {"operation": operation, "canary": canary, **values})


@transaction.atomic
def restore(operation: int, ids: Iterable[int], *, future: bool = False) -> set[int]:
    """Put jobs of an operation back as they were; answer those that were, as nobody had touched them since.

    With `future`, only those that are not due yet. A parent that came back with a child of it fails with it again.
    """
    values = {"operation": operation, "ids": list(ids), "future": future, "outcome": OperationJob.Outcome.RESTORED}
    restored = [Restored(*row) for row in rows(statements.RESTORE, values)]
    ended = [job for job in restored if job.state in FINISHED]
    _settle_again([job for job in ended if job.parent_id is not None])
    never_run = [job for job in ended if job.attempt == 0 and job.state == State.FAILED]
    results.store([job.result(ChildFailed) for job in never_run])
    rejoin({job.id: job.parent_id for job in restored if job.state not in FINISHED and job.parent_id is not None})
    ring({job.queue for job in restored if job.state == State.WAITING})
    return note("put back", {job.id for job in restored})


def _settle_again(children: Sequence[Moved]) -> None:
    """Tell unfinished parents that children ended as before."""
    parents = {child.parent_id for child in children if child.parent_id is not None}
    waiting = set(Job.objects.unfinished().filter(pk__in=parents).values_list("pk", flat=True))
    settle([child.as_child() for child in children if child.parent_id in waiting])
