"""What happened to a job, in order: enqueued, each attempt, each act of an operator."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType

from ..domain.lifecycle import State
from ..models import Attempt, Job
from .sentences import took
from .times import span


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing that happened; `tone` is the state whose colour it has."""

    at: datetime
    title: str
    tone: str = ""
    note: str = ""
    error: str = ""
    traceback: str = ""


def timeline(job: Job) -> list[Event]:
    """Give what happened to a job, the oldest first."""
    events = [Event(at=job.created_at, title="Enqueued"), *_attempts(job.attempts.all()), *_acts(job), *_latest(job)]
    return sorted(events, key=lambda event: event.at)


def _attempts(attempts: Iterable[Attempt]) -> Iterable[Event]:
    for attempt in attempts:
        length = attempt.finished_at - attempt.started_at if attempt.started_at else None
        yield Event(
            at=attempt.finished_at,
            title=f"Attempt {attempt.number} {attempt.outcome}",
            tone=State.DELAYED if attempt.outcome == "snoozed" else State.FAILED,
            note=_note(length, attempt.worker),
            error=attempt.error,
            traceback=attempt.traceback,
        )


def _acts(job: Job) -> Iterable[Event]:
    kind = ContentType.objects.get_for_model(Job)
    entries = LogEntry.objects.filter(content_type=kind, object_id=str(job.pk)).select_related("user")
    for entry in entries:
        act, _, reason = entry.get_change_message().partition(": ")
        yield Event(at=entry.action_time, title=f"{act} by {entry.user}", note=reason)


def _latest(job: Job) -> Iterable[Event]:
    if job.state == State.ACTIVE and job.started_at:
        yield Event(
            at=job.started_at, title=f"Attempt {job.attempt} running", tone=State.ACTIVE, note=_note(None, job.worker)
        )
    elif job.state == State.COMPLETED and job.finished_at:
        note = _note(took(job), job.worker)
        yield Event(at=job.finished_at, title=f"Attempt {job.attempt} completed", tone=State.COMPLETED, note=note)


def _note(length: timedelta | None, worker: str) -> str:
    parts = [f"took {span(length)}" if length is not None else "", f"on {worker}" if worker else ""]
    return " ".join(part for part in parts if part)
