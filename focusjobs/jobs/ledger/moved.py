"""Jobs that a statement has moved without the end of an attempt: what is told of them, and what is kept."""

from __future__ import annotations

from dataclasses import dataclass

from ..domain.identity import task_id_of
from ..domain.lifecycle import ENDED_BADLY, State
from ..telling.changes import Change
from ..telling.events import Kind
from .results import Failure, Result


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
        return self.state in ENDED_BADLY and self.on_failure == "fail"

    @property
    def lets_go(self) -> bool:
        """Tell whether its parent need not wait for the others."""
        return self.state in ENDED_BADLY and self.on_failure == "continue"


@dataclass(frozen=True)
class Moved:
    """A job after such a move: the columns that the statement returns, in their order.

    `worker` is the one that held it last; empty where its result is to name none.
    """

    id: int
    task: str
    queue: str
    state: str
    error: str
    parent_id: int | None
    on_failure: str
    arguments: str
    celery_id: str | None
    worker: str

    def as_child(self) -> Child:
        """Give it as its parent sees it."""
        return Child(self.id, self.task, self.parent_id or 0, self.on_failure, State(self.state), self.error)

    def change(self, kind: Kind) -> Change:
        """Give what is told of it."""
        return Change(kind=kind, job_id=self.id, task=self.task, queue=self.queue, error=self.error)

    def result(self, error: type[Exception]) -> Result:
        """Give what django-celery-results is to keep of it: that it failed with an error of this class."""
        return Result(
            task_id=self.celery_id or task_id_of(self.id),
            task=self.task,
            arguments=self.arguments,
            worker=self.worker,
            failure=Failure(error.__qualname__, error.__module__, self.error),
        )
