"""The states of a job and the moves between them.

Pure: no Django, no clock, no I/O. The names are BullMQ's (docs.bullmq.io/guide/architecture), plus `cancelled`.
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    """Due; the next free worker of its queue takes it."""
    DELAYED = "delayed"
    """Not due before `run_at`: enqueued for later, postponed, or between two attempts."""
    ACTIVE = "active"
    """Held by a worker under a lease."""
    WAITING_CHILDREN = "waiting_children"
    """A flow's parent whose children have not all ended."""
    COMPLETED = "completed"
    FAILED = "failed"
    """No attempts left, or an error that no attempt can mend."""
    CANCELLED = "cancelled"
    """Ended on purpose: by its task, by its expiry, by its person, or by an operator."""


PENDING = (State.WAITING, State.DELAYED, State.WAITING_CHILDREN)
"""States of a job that no worker holds and that will run."""

UNFINISHED = (*PENDING, State.ACTIVE)
FINISHED = (State.COMPLETED, State.FAILED, State.CANCELLED)

ENDED_BADLY = (State.FAILED, State.CANCELLED)
"""States from which a job can be retried."""

MOVES: dict[State, frozenset[State]] = {
    State.WAITING: frozenset({State.ACTIVE, State.DELAYED, State.CANCELLED}),
    State.DELAYED: frozenset({State.WAITING, State.DELAYED, State.CANCELLED}),
    State.ACTIVE: frozenset(
        {State.COMPLETED, State.FAILED, State.CANCELLED, State.DELAYED, State.WAITING, State.WAITING_CHILDREN}
    ),
    State.WAITING_CHILDREN: frozenset({State.WAITING, State.DELAYED, State.FAILED, State.CANCELLED}),
    State.COMPLETED: frozenset(),
    State.FAILED: frozenset({State.WAITING, State.WAITING_CHILDREN}),
    State.CANCELLED: frozenset({State.WAITING, State.WAITING_CHILDREN}),
}
"""Which state may follow which; a finished job moves only when it is retried by hand."""
