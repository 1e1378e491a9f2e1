"""`jobs retry`, `cancel`, `promote`, `reschedule` and `priority`: one job, several, or all that a filter matches."""

from __future__ import annotations

import signal
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import FrameType
from typing import Any

from django.core.management.base import CommandError, OutputWrapper

from .. import interventions
from ..bulk import ACTS, Cursor, Intervention, Preview, Progress, preview, run
from ..models import Job, JobQuerySet
from ..query import matching
from .asking import FILTER_HELP, add_json, add_yes, confirm, job_id, natural, time_ahead
from .output import as_json, jobs

Options = dict[str, Any]


@dataclass(frozen=True)
class Move:
    """A subcommand: what it does to jobs, in words and as a function of the command's options."""

    help: str
    past: str
    act: Callable[[Options], tuple[str, Intervention]]
    declare: Callable[[ArgumentParser], None] = lambda parser: None


def _declare_cancel(parser: ArgumentParser) -> None:
    parser.add_argument("--reason", default="Cancelled from the command line.", help="kept as the job's error")
    parser.add_argument("--active", action="store_true", help="also jobs that a worker holds")


def _cancel(options: Options) -> tuple[str, Intervention]:
    act = partial(interventions.cancel, reason=options["reason"], active=options["active"])
    return "cancel_active" if options["active"] else "cancel", act


def _declare_reschedule(parser: ArgumentParser) -> None:
    parser.add_argument("--at", type=time_ahead, required=True, help="2h for in two hours, or 2026-03-01T08:00")


def _declare_priority(parser: ArgumentParser) -> None:
    parser.add_argument("--to", type=int, required=True, metavar="N", help="lower runs first, 0 before all others")


MOVES = {
    "retry": Move(
        "make failed and cancelled jobs wait again, with fresh attempts",
        "retried",
        lambda options: ("retry", interventions.retry),
    ),
    "cancel": Move("end jobs that have not run", "cancelled", _cancel, _declare_cancel),
    "promote": Move("make delayed jobs wait now", "promoted", lambda options: ("promote", interventions.promote)),
    "reschedule": Move(
        "let waiting and delayed jobs run at another time",
        "rescheduled",
        lambda options: ("reschedule", partial(interventions.reschedule, run_at=options["at"])),
        _declare_reschedule,
    ),
    "priority": Move(
        "give jobs that have not run another priority",
        "given another priority",
        lambda options: ("set_priority", partial(interventions.set_priority, priority=options["to"])),
        _declare_priority,
    ),
}


def declare(move: Move, parser: ArgumentParser) -> None:
    """Declare the options of a move."""
    parser.add_argument("ids", nargs="*", type=job_id, metavar="ID", help="a job's number or task id")
    parser.add_argument("--filter", help=FILTER_HELP)
    parser.add_argument("--dry-run", action="store_true", help="only count what would be done")
    parser.add_argument("--limit", type=natural, help="stop when that many jobs have been changed")
    parser.add_argument("--resume", metavar="PLACE", help="go on where an earlier run stopped")
    add_yes(parser)
    add_json(parser)
    move.declare(parser)


def move_jobs(move: Move, out: OutputWrapper, options: Options) -> None:
    """Do it to the jobs named or matched. Raises `CommandError` where a job that was named is left alone."""
    if bool(options["ids"]) == bool(options["filter"] and options["filter"].strip()):
        raise CommandError("Name jobs by their numbers, or all that match a --filter; one of the two.")
    if options["ids"] and not options["dry_run"]:
        return _move_named(move, out, options)
    wanted = Job.objects.filter(pk__in=options["ids"]) if options["ids"] else matching(options["filter"])
    return _move_matching(move, wanted, out, options)


def _move_named(move: Move, out: OutputWrapper, options: Options) -> None:
    changed = move.act(options)[1](options["ids"])
    states = dict(Job.objects.filter(pk__in=options["ids"]).values_list("pk", "state"))
    left = {number: states.get(number) for number in options["ids"] if number not in changed}
    if options["json"]:
        as_json(out, {"changed": sorted(changed), "left_alone": {str(key): state for key, state in left.items()}})
    else:
        out.write(f"{jobs(len(changed))} {move.past}.")
    if left:
        raise CommandError(" ".join(_left_alone(move, number, state) for number, state in left.items()))


def _left_alone(move: Move, number: int, state: str | None) -> str:
    if state is None:
        return f"There is no job {number}."
    if move.past == "retried" and state in ACTS["retry"]:
        return f"Job {number} was not retried: it has expired, or another job holds its unique key."
    return f"Job {number} was not {move.past}: it is {state}."


def _move_matching(move: Move, wanted: JobQuerySet, out: OutputWrapper, options: Options) -> None:
    name, change = move.act(options)
    cursor = Cursor.read(options["resume"]) if options["resume"] else Cursor.now()
    if options["dry_run"] or not options["yes"]:
        expected = preview(name, wanted, cursor)
        if options["dry_run"]:
            return _tell_preview(move, expected, out, options)
        confirm(_sentence(move, expected), yes=False)
    done = Progress(cursor)
    with _stopping() as stop:
        for done in run(name, change, wanted, cursor, options["limit"]):
            options["progress"](f"{done.changed:,} of {done.seen:,} {move.past} so far")
            if stop:
                break
    _tell_end(move, done, bool(stop), out, options)
    return None


def _sentence(move: Move, expected: Preview) -> str:
    skipped = ", ".join(f"{number:,} {reason}" for reason, number in expected.skipped.items())
    people = "1 person" if expected.users == 1 else f"{expected.users:,} people"
    of_people = f" of {people}" if expected.users else ""
    match = "matches" if expected.matched == 1 else "match"
    would = f"{jobs(expected.matched)} {match}; {expected.eligible:,}{of_people} would be {move.past}"
    return f"{would}, not these: {skipped}." if skipped else f"{would}."


def _tell_preview(move: Move, expected: Preview, out: OutputWrapper, options: Options) -> None:
    if options["json"]:
        as_json(out, vars(expected))
    else:
        out.write(_sentence(move, expected))


@contextmanager
def _stopping() -> Iterator[list[int]]:
    """Turn Ctrl-C into an entry in a list, so that the batch under way ends before the run stops."""
    stop: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        stop.append(number)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def _tell_end(move: Move, done: Progress, stopped: bool, out: OutputWrapper, options: Options) -> None:
    if options["json"]:
        as_json(out, {"seen": done.seen, "changed": done.changed, "stopped": stopped, "cursor": str(done.cursor)})
    else:
        out.write(
            f"{jobs(done.changed)} {move.past}; {done.seen - done.changed:,} had moved meanwhile or could not be."
        )
    if stopped:
        raise CommandError(f"Stopped. Go on with the same command and --resume {done.cursor}", returncode=130)
