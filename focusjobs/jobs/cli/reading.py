"""`jobs list`, `jobs show` and `jobs counts`: look, change nothing."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, OutputWrapper
from django.utils import timezone

from .. import operations
from ..domain.fingerprint import as_text
from ..looking import arguments
from ..looking.backlog import CAP, backlogs, counts
from ..looking.explanation import why_not_running
from ..looking.query import matching
from ..models import Job
from .asking import FILTER_HELP, actor_of, add_actor, add_json, check_right, job_id, natural
from .output import as_json, capped, cell, table

FIELDS = (
    *("id", "task", "queue", "state", "priority", "attempt", "max_attempts", "stalls", "unique_key", "user_id"),
    *("limit_key", "parent_id", "schedule_id", "worker", "created_at", "run_at", "expires_at", "started_at"),
    *("due_at", "finished_at", "progress", "error", "options"),
)


def declare_list(parser: ArgumentParser) -> None:
    """Declare the options of `jobs list`."""
    parser.add_argument("--filter", default="", help=FILTER_HELP)
    parser.add_argument("--limit", type=natural, default=50, help="jobs to show, the newest first; 50 unless told")
    add_json(parser)


def list_jobs(out: OutputWrapper, options: dict[str, Any]) -> None:
    """Print the newest jobs that match."""
    found = list(matching(options["filter"]).order_by("-pk")[: options["limit"]])
    if options["json"]:
        return as_json(out, [as_dict(job) for job in found])
    headings = ("id", "state", "task", "queue", "attempt", "due or ended", "error")
    table(out, headings, (_line(job) for job in found))
    if len(found) == options["limit"]:
        out.write(f"These are the newest {len(found):,}; there may be more (--limit).")
    return None


def _line(job: Job) -> tuple[Any, ...]:
    attempts = f"{job.attempt} of {job.max_attempts}"
    return str(job.pk), job.state, job.task, job.queue, attempts, job.finished_at or job.run_at, job.error


def as_dict(job: Job) -> dict[str, Any]:
    """Give a job for programs, with what is hidden of its arguments left out."""
    group = job.error_group_id and as_text(job.error_group_id)
    known = {field: getattr(job, field) for field in FIELDS}
    return {"task_id": job.task_id, **known, "arguments": arguments.shown(job), "error_group": group}


def declare_show(parser: ArgumentParser) -> None:
    """Declare the options of `jobs show`."""
    parser.add_argument("id", type=job_id)
    parser.add_argument("--reveal", action="store_true", help="show all arguments; who did so is kept")
    add_actor(parser)
    add_json(parser)


def show(out: OutputWrapper, options: dict[str, Any]) -> None:
    """Print all about one job."""
    job = Job.objects.filter(pk=options["id"]).first()
    if job is None:
        raise CommandError(f"There is no job {options['id']}.")
    attempts = list(
        job.attempts.order_by("pk").values("number", "outcome", "worker", "release", "started_at", "error", "traceback")
    )
    lines = list(job.log_lines.order_by("pk").values("attempt", "at", "level", "line"))
    why = why_not_running(job, timezone.now())
    known = {**as_dict(job), **_revealed(job, options), "why_not_running": why, "operations": _operations(job)}
    if options["json"]:
        return as_json(out, {**known, "attempts": attempts, "log": lines})
    for name, value in known.items():
        if value not in (None, "", []):
            out.write(f"{name:15}  {cell(value) if name.endswith('_at') else value}")
    for attempt in attempts:
        out.write(f"\nattempt {attempt['number']} {attempt['outcome']} on {attempt['worker']}: {attempt['error']}")
        out.write(attempt["traceback"])
    for line in lines:
        out.write(f"{cell(line['at'])}  {line['attempt']}  {line['level']:8}  {line['line']}")
    return None


def _revealed(job: Job, options: dict[str, Any]) -> dict[str, Any]:
    if not options["reveal"]:
        return {}
    actor = actor_of(options)
    check_right(actor, "view_job_args")
    return {"arguments": operations.reveal(actor, job, options["reason"])}


def _operations(job: Job) -> list[str]:
    done = (link.operation for link in operations.of_job(job.pk))
    return [f"{it.action} by {it.actor_name} in operation {it.pk}: {it.reason}" for it in done]


def count(out: OutputWrapper, options: dict[str, Any]) -> None:
    """Print how many jobs are in each state, and what each queue has to do."""
    by_state, queues = counts(), backlogs(settings.JOBS_QUEUES)
    if options["json"]:
        return as_json(out, {"cap": CAP, "states": by_state, "queues": [vars(queue) for queue in queues]})
    table(out, ("state", "jobs"), ((state, capped(number, CAP)) for state, number in by_state.items()))
    out.write("")
    table(
        out,
        ("queue", "waiting", "delayed", "active", "oldest due"),
        (
            (one.queue, *(capped(number, CAP) for number in (one.waiting, one.delayed, one.active)), one.oldest)
            for one in queues
        ),
    )
    return None
