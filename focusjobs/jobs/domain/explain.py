"""Why a job is not running, in one sentence made of facts.

Pure: no Django, no clock, no I/O.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from .lifecycle import State

SOON = timedelta(seconds=2)
"""A job that is late by less is about to be taken."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a job and of what may hold it back, at an instant."""

    now: datetime
    state: State
    queue: str
    run_at: datetime
    attempt: int = 0
    max_attempts: int = 1
    error: str = ""
    worker: str = ""
    leased_until: datetime | None = None
    expires_at: datetime | None = None
    put_off: bool = False
    """Whether its latest attempt asked to be put off."""
    paused_by: str = ""
    """Who paused its queue; empty where it is not paused."""
    pause_reason: str = ""
    resume_at: datetime | None = None
    live_workers: int | None = None
    """Workers that take its queue; None where nobody knows."""
    ahead: int = 0
    ahead_capped: bool = False
    speed: float | None = None
    """Jobs a second that its queue did of late."""
    limit: str = ""
    """The limit that keeps it back, in words."""
    children_left: int = 0
    held_by: int | None = None
    """The operation that retried it and holds it, so that it can be undone."""
    worker_seen_at: datetime | None = None
    is_worker_gone: bool = False
    message_sent_at: datetime | None = None
    """When its own Celery message was sent, where it goes by one."""


def explain(facts: Facts) -> str:
    """Say why a job is not running, or nothing where it runs or has completed."""
    return _EXPLANATIONS[facts.state](facts)


def _delayed(facts: Facts) -> str:
    due = when(facts.run_at, facts.now)
    if facts.run_at <= facts.now:
        return f"It was due {due} and waits for housekeeping, which any live worker does every half second."
    if facts.held_by is not None:
        return f"Operation {facts.held_by} retried it and holds it so that it can be undone; it is due {due}."
    if facts.put_off:
        return f"Its task put it off; it is due {due}."
    if facts.attempt:
        error = f" after “{facts.error}”" if facts.error else ""
        return f"Attempt {facts.attempt} of {facts.max_attempts} failed{error}; the next one is due {due}."
    return f"It is not due yet, but {due}."


def _waiting(facts: Facts) -> str:
    if facts.paused_by:
        reason = f": {facts.pause_reason}" if facts.pause_reason else ""
        until = f"It resumes {when(facts.resume_at, facts.now)}." if facts.resume_at else "It resumes by hand only."
        return f"The queue “{facts.queue}” was paused by {facts.paused_by}{reason}. {until}"
    if facts.live_workers == 0:
        return f"No live worker takes the queue “{facts.queue}”."
    if facts.limit:
        return f"A limit keeps it back: {facts.limit}."
    if facts.message_sent_at is not None:
        return f"Its Celery message was sent {when(facts.message_sent_at, facts.now)} and no worker has begun yet."
    if facts.ahead:
        return _in_line(facts)
    if facts.now - facts.run_at < SOON:
        return "It is the next of its queue and about to be taken."
    workers = "the live worker" if facts.live_workers == 1 else f"the {facts.live_workers} live workers"
    busy = f"{workers} of the queue “{facts.queue}” to be free" if facts.live_workers else "a free worker"
    return f"It is the next of its queue and waits for {busy}."


def _in_line(facts: Facts) -> str:
    more = "+" if facts.ahead_capped else ""
    jobs = "1 job is" if facts.ahead == 1 and not more else f"{facts.ahead:,}{more} jobs are"
    sentence = f"{jobs} ahead of it in the queue “{facts.queue}”"
    if not facts.speed:
        return f"{sentence}."
    return f"{sentence}, {'at least' if more else 'about'} {length(timedelta(seconds=facts.ahead / facts.speed))}."


def _waiting_children(facts: Facts) -> str:
    children = "1 child" if facts.children_left == 1 else f"{facts.children_left:,} children"
    return f"It waits for {children} to end."


def _active(facts: Facts) -> str:
    if facts.leased_until is not None and facts.leased_until <= facts.now:
        return (
            f"Its worker {facts.worker} has vanished: its lease ended {when(facts.leased_until, facts.now)}. "
            "Housekeeping will give it to another worker."
        )
    if facts.is_worker_gone and facts.leased_until is not None:
        seen = f", last heard of {when(facts.worker_seen_at, facts.now)}" if facts.worker_seen_at else ""
        return (
            f"Its worker {facts.worker} is silent{seen}. Unless it comes back, another one gets the job "
            f"{when(facts.leased_until, facts.now)}."
        )
    return ""


def _failed(facts: Facts) -> str:
    if facts.attempt >= facts.max_attempts:
        attempts = "its only attempt" if facts.max_attempts == 1 else f"all {facts.max_attempts} attempts"
        return f"It used {attempts}. Nothing more happens unless somebody retries it."
    return (
        f"It gave up after attempt {facts.attempt} of {facts.max_attempts}. "
        "Nothing more happens unless somebody retries it."
    )


def _cancelled(facts: Facts) -> str:
    if facts.expires_at is not None and facts.expires_at <= facts.now:
        return "It was cancelled and has expired, so that it cannot be retried either."
    return "It was cancelled. Nothing more happens unless somebody retries it."


def _nothing(facts: Facts) -> str:
    return ""


_EXPLANATIONS: dict[State, Callable[[Facts], str]] = {
    State.WAITING: _waiting,
    State.DELAYED: _delayed,
    State.ACTIVE: _active,
    State.WAITING_CHILDREN: _waiting_children,
    State.COMPLETED: _nothing,
    State.FAILED: _failed,
    State.CANCELLED: _cancelled,
}


def when(moment: datetime, now: datetime) -> str:
    """Say when something is or was: how far from now, and the time in UTC."""
    exact = moment.strftime("%H:%M:%S UTC" if abs(moment - now) < timedelta(hours=12) else "%Y-%m-%d %H:%M UTC")
    apart = length(abs(moment - now))
    return f"in {apart} ({exact})" if moment > now else f"{apart} ago ({exact})"


def length(span: timedelta) -> str:
    """Say how long something takes, in its largest unit."""
    seconds = span.total_seconds()
    for name, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= 1.5 * size or (seconds >= size and name == "minute"):
            number = round(seconds / size)
            return f"{number} {name}{'' if number == 1 else 's'}"
    number = max(round(seconds), 1)
    return f"{number} second{'' if number == 1 else 's'}"
