"""`jobs edit`, `drain`, `clean` and `prune`."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError, OutputWrapper

from .. import interventions, retention
from ..domain.lifecycle import FINISHED, State
from ..models import Job
from .asking import add_json, add_yes, confirm, job_id, length, natural
from .output import as_json, jobs

Options = dict[str, Any]


def declare_edit(parser: ArgumentParser) -> None:
    """Declare the options of `jobs edit`."""
    parser.add_argument("id", type=job_id)
    parser.add_argument("--arguments", metavar="JSON", help="all arguments, in place of the job's")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=JSON", help="one argument; may be repeated: --set shard=3"
    )
    add_json(parser)


def edit(out: OutputWrapper, options: Options) -> None:
    """Make a new job with other arguments."""
    job = Job.objects.filter(pk=options["id"]).first()
    if job is None:
        raise CommandError(f"There is no job {options['id']}.")
    if not options["set"] and options["arguments"] is None:
        raise CommandError("Say what to change: --set NAME=JSON or --arguments JSON.")
    arguments = job.arguments if options["arguments"] is None else _json("--arguments", options["arguments"])
    if not isinstance(arguments, dict):
        raise CommandError("--arguments takes a JSON object of names and values.")
    changes = dict(_assignment(text) for text in options["set"])
    made = interventions.edit_and_retry(job.pk, {**arguments, **changes})
    if options["json"]:
        as_json(out, {"id": made.id, "task_id": made.task_id, "edited_from": job.pk})
    else:
        out.write(f"Job {made.id} runs in place of job {job.pk}.")


def _assignment(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise CommandError(f"--set takes NAME=JSON, not “{text}”.")
    return name, _json(f"--set {name}", value)


def _json(option: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CommandError(
            f"{option}: “{text[:60]}” is not JSON (a text stands in quotation marks): {error}."
        ) from error


def declare_drain(parser: ArgumentParser) -> None:
    """Declare the options of `jobs drain`."""
    parser.add_argument("queue")
    parser.add_argument("--delayed", action="store_true", help="also jobs that are not due yet")
    parser.add_argument("--reason", default="The queue was drained.", help="kept as the jobs' error")
    parser.add_argument("--dry-run", action="store_true", help="only count what would be cancelled")
    add_yes(parser)
    add_json(parser)


def drain(out: OutputWrapper, options: Options) -> None:
    """Cancel what waits in a queue."""
    states = [State.WAITING, State.DELAYED] if options["delayed"] else [State.WAITING]
    if options["dry_run"] or not options["yes"]:
        number = Job.objects.filter(queue=options["queue"], state__in=states).count()
        if options["dry_run"]:
            return _tell(out, "would be cancelled", number, options)
        confirm(f"{jobs(number)} of the queue {options['queue']} would be cancelled.", yes=False)
    drained = interventions.drain(options["queue"], delayed=options["delayed"], reason=options["reason"])
    return _tell(out, "cancelled", drained, options)


def declare_clean(parser: ArgumentParser) -> None:
    """Declare the options of `jobs clean`."""
    parser.add_argument("state", choices=[str(state) for state in FINISHED])
    parser.add_argument("--older-than", type=length, required=True, help="30m, 2h, 7d: since they ended")
    parser.add_argument("--limit", type=natural, help="delete that many at most")
    add_yes(parser)
    add_json(parser)


def clean(out: OutputWrapper, options: Options) -> None:
    """Delete finished jobs of one state."""
    confirm(f"All {options['state']} jobs that ended before that time would be deleted.", yes=options["yes"])
    return _tell(out, "deleted", retention.clean(options["state"], options["older_than"], options["limit"]), options)


def prune(out: OutputWrapper, options: Options) -> None:
    """Delete what the settings do not keep; the workers do so by themselves, a little at a time."""
    return _tell(out, "deleted", retention.prune(), options)


def _tell(out: OutputWrapper, what: str, number: int, options: Options) -> None:
    if options["json"]:
        as_json(out, {what.replace(" ", "_"): number})
    else:
        out.write(f"{jobs(number)} {what}.")
