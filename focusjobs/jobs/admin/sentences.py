"""The sentence at the head of a job's page: what it is, for whom, where it stands and what comes next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from ..domain.lifecycle import State
from ..domain.words import relative, span
from ..models import Job

LATE = timedelta(seconds=10)
"""A job that has waited longer for its turn is said to wait."""


def headline(job: Job, now: datetime) -> str:
    """Tell of a job in one or two sentences."""
    person = f" for {job.user}" if job.user else ""
    return f"{job.task}{person} {STORIES[State(job.state)](job, now)}"


def took(job: Job) -> timedelta | None:
    """Give how long the latest attempt took, if it is over."""
    return job.finished_at - job.started_at if job.finished_at and job.started_at else None


def percentage(progress: Any) -> int | None:
    """Give reported progress in whole hundredths, if it says of how much it is a part."""
    total = progress.get("total") if isinstance(progress, dict) else None
    return min(100, int(100 * progress.get("done", 0) / total)) if total else None


def _waiting(job: Job, now: datetime) -> str:
    waited = now - max(job.run_at, job.created_at)
    since = f", for {span(waited)} now" if waited > LATE else ""
    return f"waits for a free worker of the queue “{job.queue}”{since}. {_next_attempt(job)}"


def _delayed(job: Job, now: datetime) -> str:
    due = f"is due {relative(job.run_at, now)}" if job.run_at > now else "is due now"
    before = f" Attempt {job.attempt} ended with: {job.error}." if job.attempt and job.error else ""
    return f"{due}.{before.replace('..', '.')} {_next_attempt(job)}"


def _active(job: Job, now: datetime) -> str:
    since = f" since {span(now - job.started_at)}" if job.started_at else ""
    return f"is running{since}, attempt {job.attempt} of {job.max_attempts}, on worker {job.worker}."


def _waiting_children(job: Job, now: datetime) -> str:
    return "waits for its children to end."


def _completed(job: Job, now: datetime) -> str:
    length = took(job)
    within = f" in {span(length)}" if length is not None else ""
    tries = "at the first attempt" if job.attempt == 1 else f"at attempt {job.attempt}"
    return f"completed {_ended(job, now)}{within}, {tries}."


def _failed(job: Job, now: datetime) -> str:
    attempts = "1 attempt" if job.attempt == 1 else f"{job.attempt} attempts"
    return f"failed {_ended(job, now)} after {attempts}. Nothing more happens unless it is retried."


def _cancelled(job: Job, now: datetime) -> str:
    return f"was cancelled {_ended(job, now)}. Nothing more happens unless it is retried."


def _ended(job: Job, now: datetime) -> str:
    return relative(job.finished_at, now) if job.finished_at else ""


def _next_attempt(job: Job) -> str:
    return f"Attempt {job.attempt + 1} of {job.max_attempts} is next."


STORIES: dict[State, Callable[[Job, datetime], str]] = {
    State.WAITING: _waiting,
    State.DELAYED: _delayed,
    State.ACTIVE: _active,
    State.WAITING_CHILDREN: _waiting_children,
    State.COMPLETED: _completed,
    State.FAILED: _failed,
    State.CANCELLED: _cancelled,
}
