"""Flows: what the end of a child means for its parent, and so on upwards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from focusjobs.jobs.domain.identity import task_id_of
from focusjobs.jobs.domain.lifecycle import State
from focusjobs.jobs.ledger import results, statements
from focusjobs.jobs.telling import changes, wakeups
from focusjobs.jobs.telling.events import Kind

from .records import rows


@dataclass(frozen=True)
class Child:
    """A child of a flow that may have ended: `state` is None where it has not."""

    id: int
    task: str
    parent_id: int
    on_failure: str
    state: State | None
    error: str

    @property
    def is_fatal(self) -> bool:
        """Tell whether it takes its parent with it."""
        return self.state in (State.FAILED, State.CANCELLED) and self.on_failure == "fail"

    @property
    def lets_go(self) -> bool:
        """Tell whether its parent need not wait for the others."""
        return self.state in (State.FAILED, State.CANCELLED) and self.on_failure == "continue"


@dataclass(frozen=True)
class Parent:
    """A parent after a child's end: the columns that `SETTLE_PARENTS` returns, in their order."""

    id: int
    state: str
    queue: str
    task: str
    arguments: str
    celery_id: str | None
    error: str
    parent_id: int | None
    on_failure: str

    def as_child(self) -> Child:
        """Give it as the child that it is in its own parent's eyes."""
        return Child(self.id, self.task, self.parent_id or 0, self.on_failure, State(self.state), self.error)

    def change(self) -> changes.Change:
        """Give what is told of a parent that failed with its child."""
        return changes.Change(kind=Kind.FAILED, job_id=self.id, task=self.task, queue=self.queue, error=self.error)

    def result(self) -> results.Result:
        """Give what django-celery-results is to keep of a parent that failed with its child."""
        return results.Result(
            task_id=self.celery_id or task_id_of(self.id),
            task=self.task,
            arguments=self.arguments,
            worker="",
            failure=results.Failure("ChildFailed", "focusjobs.jobs.errors", self.error),
        )


def settle(children: Sequence[Child]) -> None:
    """Tell parents that children ended, in the current transaction: they become due, or fail, and so on upwards."""
    ended = [child for child in children if child.state is not None]
    if not ended:
        return
    by_parent = defaultdict(list)
    for child in ended:
        by_parent[child.parent_id].append(child)
    rows(statements.LOCK_PARENTS, [list(by_parent)])
    told = [_tell(parent_id, family) for parent_id, family in by_parent.items()]
    columns = [list(column) for column in zip(*told, strict=True)]
    rows(statements.COUNT_DOWN, columns[:2])
    parents = [Parent(*row) for row in rows(statements.SETTLE_PARENTS, columns)]
    for queue in {parent.queue for parent in parents if parent.state == State.WAITING}:
        wakeups.ring_after_commit(queue)
    failed = [parent for parent in parents if parent.state == State.FAILED]
    results.store([parent.result() for parent in failed])
    changes.tell([parent.change() for parent in failed])
    settle([parent.as_child() for parent in failed if parent.parent_id is not None])


def _tell(parent_id: int, family: Sequence[Child]) -> tuple[int, int, bool, str]:
    fatal = next((child for child in family if child.is_fatal), None)
    reason = f"Its child {fatal.task} #{fatal.id} {fatal.state}: {fatal.error}" if fatal else ""
    over = sum(not child.is_fatal for child in family)
    return parent_id, over, any(child.lets_go for child in family), reason
