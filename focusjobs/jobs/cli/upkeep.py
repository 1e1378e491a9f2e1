"""`jobs edit`, `clean` and `prune`."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError, OutputWrapper

from .. import operations
from ..domain.lifecycle import FINISHED
from ..domain.words import several
from ..interventions import retention
from ..models import Job
from .asking import actor_of, add_actor, add_json, add_yes, check_right, confirm, job_id, length, natural
from .output import as_json

Options = dict[str, Any]


def declare_edit(parser: ArgumentParser) -> None:
    """Declare the options of `jobs edit`."""
    parser.add_argument("id", type=job_id)
    parser.add_argument("--arguments", metavar="JSON", help="all arguments, in place of the job's")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=JSON", help="one argument; may be repeated: --set shard=3"
    )
    add_actor(parser)
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
    actor = actor_of(options)
    check_right(actor, "edit_retry_job")
    operation, made = operations.edit_and_retry(actor, job.pk, {**arguments, **changes}, options["reason"])
    if options["json"]:
        as_json(out, {"operation": operation.pk, "id": made.id, "task_id": made.task_id, "edited_from": job.pk})
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
    _tell_deleted(out, retention.clean(options["state"], options["older_than"], options["limit"]), options)


def prune(out: OutputWrapper, options: Options) -> None:
    """Delete what the settings do not keep; the workers do so by themselves, a little at a time."""
    _tell_deleted(out, retention.prune(), options)


def _tell_deleted(out: OutputWrapper, number: int, options: Options) -> None:
    if options["json"]:
        as_json(out, {"deleted": number})
    else:
        out.write(f"{several(number, 'job')} deleted.")
