"""Flows: jobs that run when their children have ended, to any depth.

    Flow(send_report.job(week=3), [collect.job(day=day) for day in days]).enqueue()

A flow is written in the caller's transaction, whole or not at all. What a child's failure means for its parent is the
child's `on_failure` option: the parent fails too (`fail`, by default), it runs once all have ended (`ignore`), or it
runs at once (`continue`). A child that is retried by hand brings its failed parent back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ..context import current_job
from ..domain.job import ChildResult, EnqueuedJob, NewJob
from ..errors import InvalidJob

MAX_DEPTH = 100
"""Levels of a flow, so that a failure at the bottom is told to the top in one transaction."""


@dataclass(frozen=True)
class Flow:
    """A job and the children that it waits for, each a job or a flow of its own."""

    job: NewJob
    children: Sequence[Flow | NewJob] = ()

    def enqueue(self) -> EnqueuedJob:
        """Write the whole flow in the current transaction and answer the job at its top.

        Raises `InvalidJob` for a child with a `unique_key`, which could turn out to be somebody else's job, and for a
        flow of more than `MAX_DEPTH` levels.
        """
        # Models cannot be imported before the app registry is ready, and flows are made where tasks are.
        from django.db import transaction

        with transaction.atomic():
            return _write(self, None, 1)


def _write(flow: Flow, parent_id: int | None, depth: int) -> EnqueuedJob:
    from .. import ledger

    if depth > MAX_DEPTH:
        raise InvalidJob(f"A flow has at most {MAX_DEPTH} levels.")
    _refuse_keys(flow)
    top = ledger.insert([replace(flow.job, parent_id=parent_id, children_left=len(flow.children))])[0]
    leaves = [child for child in flow.children if isinstance(child, NewJob)]
    if leaves:
        ledger.insert([replace(child, parent_id=top.id) for child in leaves])
    for child in flow.children:
        if isinstance(child, Flow):
            _write(child, top.id, depth + 1)
    return top


def _refuse_keys(flow: Flow) -> None:
    members = [flow.job, *(child for child in flow.children if isinstance(child, NewJob))]
    for job in members:
        if job.unique_key is not None:
            raise InvalidJob(f"{job.task}: a member of a flow cannot have a unique_key.")


def children_of_job(job_id: int | None = None) -> Iterator[ChildResult]:
    """Give what became of a job's children, by default those of the running job, in the order of their numbers."""
    from ..ledger.children import children_of

    number = current_job().job_id if job_id is None else job_id
    if number is not None:
        yield from children_of(number)
