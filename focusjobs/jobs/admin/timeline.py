"""What happened to a job, in order: enqueued, each attempt with its log, each act of an operator."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings

from ..domain.lifecycle import State
from ..domain.words import span
from ..models import Attempt, Job, LogLine, OperationJob
from .sentences import took

ATTEMPTS = 100
"""Attempts that are shown, the latest."""

TONES = {"snoozed": State.DELAYED, "children": State.WAITING_CHILDREN, "cancelled": State.CANCELLED}
"""Outcomes that are no failures, by the state whose colour they have."""

ACTS = {
    "retry": "Retried",
    "cancel": "Cancelled",
    "cancel_active": "Cancelled",
    "promote": "Made due",
    "reschedule": "Rescheduled",
    "set_priority": "Given another priority",
    "edit_and_retry": "Retried with other arguments",
    "run_schedule": "Made out of turn",
}


@dataclass(frozen=True)
class TraceLine:
    """A line of a traceback; `ours` where it is of the project's own code, the line below the place included."""

    text: str
    ours: bool


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing that happened; `tone` is the state whose colour it has."""

    at: datetime
    title: str
    tone: str = ""
    note: str = ""
    error: str = ""
    trace: tuple[TraceLine, ...] = ()
    changed: tuple[tuple[str, str, str], ...] = ()
    """What differs from the attempt before: what, before, now."""
    lines: tuple[LogLine, ...] = ()
    operation: int | None = None

    @property
    def brief(self) -> list[TraceLine]:
        """The lines of the traceback that are the project's own, and the last, which says the error."""
        return [line for line in self.trace[:-1] if line.ours] + list(self.trace[-1:])


def timeline(job: Job, log: Sequence[LogLine], acts: Iterable[OperationJob], last_trace: str = "") -> list[Event]:
    """Give what happened to a job, the oldest first. `last_trace` is the traceback that Celery keeps."""
    lines: dict[int, list[LogLine]] = defaultdict(list)
    for line in log:
        lines[line.attempt].append(line)
    attempts = list(job.attempts.order_by("-id")[:ATTEMPTS])[::-1]
    told = [*_attempts(attempts, lines, last_trace), *_latest(job, lines, attempts)]
    events = [Event(at=job.created_at, title="Enqueued"), *told, *_acts(acts)]
    return sorted(events, key=lambda event: event.at)


def _attempts(attempts: Sequence[Attempt], lines: dict[int, list[LogLine]], last_trace: str) -> Iterator[Event]:
    before: Attempt | None = None
    for attempt in attempts:
        is_last = attempt is attempts[-1]
        yield Event(
            at=attempt.finished_at,
            title=f"Attempt {attempt.number} {attempt.outcome}",
            tone=TONES.get(attempt.outcome, State.FAILED),
            note=_note(_length(attempt), attempt.worker, attempt.release),
            error=attempt.error,
            trace=trace(attempt.traceback or (last_trace if is_last else "")),
            changed=tuple(differences(before, attempt)) if before else (),
            lines=tuple(lines.get(attempt.number, ())),
        )
        before = attempt


def differences(before: Attempt, now: Attempt) -> Iterator[tuple[str, str, str]]:
    """Give what differs between two attempts: what, before, now."""
    for name, value in (("error", "error"), ("worker", "worker"), ("release", "release")):
        if getattr(before, value) != getattr(now, value):
            yield name, getattr(before, value) or "none", getattr(now, value) or "none"
    places = innermost(before.traceback), innermost(now.traceback)
    if places[0] != places[1]:
        yield "raised at", places[0] or "nowhere", places[1] or "nowhere"
    first, second = _length(before), _length(now)
    if first and second and not 0.5 < second / first < 2:
        yield "took", span(first), span(second)


def innermost(traceback: str) -> str:
    """Give the innermost place of the project's own code in a traceback, or of any; empty where there is none."""
    places = [(line.text.strip(), line.ours) for line in trace(traceback) if line.text.startswith('  File "')]
    return next((text for text, ours in reversed(places) if ours), places[-1][0] if places else "")


def trace(traceback: str) -> tuple[TraceLine, ...]:
    """Tell the lines of a traceback apart: those of the project's own code, and those of libraries."""
    told, ours = [], False
    for line in traceback.rstrip("\n").split("\n") if traceback else []:
        place = re.match(r'  File "([^"]*)"', line)
        if place:
            ours = _is_ours(place[1])
        elif not line.startswith("    "):
            ours = not line.startswith("Traceback ")
        told.append(TraceLine(line, ours))
    return tuple(told)


def _is_ours(path: str) -> bool:
    if "site-packages" in path or "dist-packages" in path or "/lib/python" in path:
        return False
    return path.startswith((str(settings.BASE_DIR), "/app/")) and "/focusjobs/jobs/" not in path


def _acts(acts: Iterable[OperationJob]) -> Iterator[Event]:
    for act in acts:
        operation = act.operation
        done = ACTS.get(operation.action, operation.action)
        title = f"{done} by {operation.actor_name}"
        yield Event(at=act.at, title=title, note=operation.reason, operation=operation.pk)
        if act.outcome == OperationJob.Outcome.RESTORED and operation.finished_at:
            yield Event(at=operation.finished_at, title="Put back as it was", operation=operation.pk)


def _latest(job: Job, lines: dict[int, list[LogLine]], attempts: Sequence[Attempt]) -> Iterator[Event]:
    """Tell of the attempt that has no row: the one under way, or the one that completed the job."""
    if job.state not in (State.ACTIVE, State.COMPLETED) or not job.started_at:
        return
    running = job.state == State.ACTIVE
    event = Event(
        at=job.started_at if running else job.finished_at or job.started_at,
        title=f"Attempt {job.attempt} {'running' if running else 'completed'}",
        tone=job.state,
        note=_note(None if running else took(job), job.worker, ""),
        lines=tuple(lines.get(job.attempt, ())),
    )
    yield replace(event, changed=(("worker", attempts[-1].worker, job.worker),)) if _moved(job, attempts) else event


def _moved(job: Job, attempts: Sequence[Attempt]) -> bool:
    return bool(attempts) and attempts[-1].worker != job.worker


def _length(attempt: Attempt) -> timedelta | None:
    return attempt.finished_at - attempt.started_at if attempt.started_at else None


def _note(length: timedelta | None, worker: str, release: str) -> str:
    took_ = f"took {span(length)}" if length is not None else ""
    parts = [took_, f"on {worker}" if worker else "", f"release {release}" if release else ""]
    return ", ".join(part for part in parts if part)
