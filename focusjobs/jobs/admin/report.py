"""A job as text to be taken elsewhere: the command about it, and a report for whoever mends its task."""

from __future__ import annotations

from collections.abc import Sequence

from ..domain.lifecycle import ENDED_BADLY
from ..models import Job
from .timeline import Event
from .times import exact


def command_of(job: Job) -> str:
    """Give the command that retries a job, or for one that cannot be retried, the one that shows it."""
    return f"python manage.py jobs {'retry' if job.state in ENDED_BADLY else 'show'} {job.pk}"


def report_of(job: Job, headline: str, events: Sequence[Event], arguments: str) -> str:
    """Write all about a job in Markdown; `arguments` is what may be shown of them."""
    facts = {
        "task": job.task,
        "queue": job.queue,
        "state": job.state,
        "attempts": f"{job.attempt} of {job.max_attempts}",
        "worker": job.worker,
        "enqueued": exact(job.created_at),
        "ended": exact(job.finished_at) if job.finished_at else "",
        "task id": job.task_id,
    }
    parts = [
        f"# Job {job.pk}: {job.task}",
        headline,
        "\n".join(f"- {name}: {value}" for name, value in facts.items() if value),
        f"## Arguments\n\n```json\n{arguments}\n```",
        "## What happened\n\n" + "\n".join(_told(event) for event in events),
        *(f"## {event.title}\n\n```\n{_trace(event)}\n```" for event in events[-3:] if event.trace),
    ]
    return "\n\n".join(parts) + "\n"


def _told(event: Event) -> str:
    said = ": ".join(part for part in (event.note, event.error) if part)
    return f"- {exact(event.at)}: {event.title}{f' ({said})' if said else ''}"


def _trace(event: Event) -> str:
    return "\n".join(line.text for line in event.trace)
