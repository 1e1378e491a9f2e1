"""What can be done to jobs: in which states, by which right, and how."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.dateparse import parse_datetime

from .. import interventions
from ..domain.lifecycle import ENDED_BADLY, PENDING, UNFINISHED, State
from ..errors import OperationRefused
from ..models import Operation


@dataclass(frozen=True)
class Wave:
    """Jobs that one statement changes: from when on retried ones run, and how far apart."""

    ids: list[int]
    run_at: datetime | None = None
    pace: timedelta = timedelta(0)


Change = Callable[[Operation, Wave], set[int]]
"""Changes jobs, as an operation says; answers those that it changed."""


@dataclass(frozen=True)
class Action:
    """A thing to do to jobs, in words and as a function."""

    states: tuple[State, ...]
    """The states in which it changes a job."""
    right: str
    done: str
    """What is then said of the jobs."""
    change: Change


def _retry(operation: Operation, wave: Wave) -> set[int]:
    return interventions.retry(wave.ids, run_at=wave.run_at, pace=wave.pace, as_of=operation.as_of)


def _cancel(operation: Operation, wave: Wave) -> set[int]:
    return interventions.cancel(wave.ids, _why(operation), as_of=operation.as_of)


def _cancel_active(operation: Operation, wave: Wave) -> set[int]:
    return interventions.cancel(wave.ids, _why(operation), active=True, as_of=operation.as_of)


def _why(operation: Operation) -> str:
    reason = f": {operation.reason}" if operation.reason else "."
    return f"Cancelled by {operation.actor_name} in operation {operation.pk}{reason}"


def _promote(operation: Operation, wave: Wave) -> set[int]:
    return interventions.promote(wave.ids, as_of=operation.as_of)


def _reschedule(operation: Operation, wave: Wave) -> set[int]:
    return interventions.reschedule(wave.ids, _moment(operation.details), as_of=operation.as_of)


def _moment(details: Mapping[str, Any]) -> datetime:
    moment = parse_datetime(str(details.get("run_at", "")))
    if moment is None:
        raise OperationRefused("Say when the jobs are to run.")
    return moment


def _set_priority(operation: Operation, wave: Wave) -> set[int]:
    return interventions.set_priority(wave.ids, operation.details.get("priority", -1), as_of=operation.as_of)


ACTIONS: dict[str, Action] = {
    "retry": Action(ENDED_BADLY, "retry_job", "retried", _retry),
    "cancel": Action(PENDING, "cancel_job", "cancelled", _cancel),
    "cancel_active": Action(UNFINISHED, "cancel_job", "cancelled", _cancel_active),
    "promote": Action((State.DELAYED,), "retry_job", "promoted", _promote),
    "reschedule": Action((State.WAITING, State.DELAYED), "cancel_job", "rescheduled", _reschedule),
    "set_priority": Action(PENDING, "cancel_job", "given another priority", _set_priority),
}
"""What can be done to all jobs that a filter matches."""


def action_named(name: str) -> Action:
    """Give an action. Raises `OperationRefused` where there is none of that name."""
    if name not in ACTIONS:
        raise OperationRefused(f"There is no action “{name[:60]}”; there are {', '.join(ACTIONS)}.")
    return ACTIONS[name]
