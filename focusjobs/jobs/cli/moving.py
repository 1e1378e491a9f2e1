"""`jobs retry`, `cancel`, `promote`, `reschedule`, `priority` and `drain`: one job, several, or all that match."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import CommandError, OutputWrapper

from .. import operations, rights
from ..domain.words import several
from ..models import Job, Operation
from ..operations import ACTIONS, Actor, Preview, Wanted
from .asking import FILTER_HELP, actor_of, add_actor, add_json, add_yes, confirm, job_id, length, time_ahead
from .following import follow
from .output import as_json

Options = dict[str, Any]


@dataclass(frozen=True)
class Move:
    """A subcommand: which action it is and what the action takes, in words and from the command's options."""

    help: str
    action: Callable[[Options], str]
    details: Callable[[Options], dict[str, Any]] = lambda options: {}
    declare: Callable[[ArgumentParser], None] = lambda parser: None
    reason: str = ""
    """The reason where none is given."""


def _declare_retry(parser: ArgumentParser) -> None:
    parser.add_argument("--canary", type=int, default=0, metavar="N", help="so many go first; the rest if they do well")
    parser.add_argument(
        "--canary-share",
        type=float,
        default=0.2,
        metavar="PART",
        help="how many of them may fail again; 0.2 unless told",
    )
    parser.add_argument("--rate", type=float, metavar="N", help="jobs that become due in a second")
    parser.add_argument(
        "--hold", type=length, metavar="TIME", help="how long they wait, so that they can be undone; 30s with a filter"
    )
    parser.add_argument("--anyway", action="store_true", help="also jobs that their tasks call not worth running")


def _declare_cancel(parser: ArgumentParser) -> None:
    parser.add_argument("--active", action="store_true", help="also jobs that a worker holds")


def _declare_reschedule(parser: ArgumentParser) -> None:
    parser.add_argument("--at", type=time_ahead, required=True, help="2h for in two hours, or 2026-03-01T08:00")


def _declare_priority(parser: ArgumentParser) -> None:
    parser.add_argument("--to", type=int, required=True, metavar="N", help="lower runs first, 0 before all others")


MOVES = {
    "retry": Move(
        "make failed and cancelled jobs wait again, with fresh attempts",
        lambda options: "retry",
        declare=_declare_retry,
    ),
    "cancel": Move(
        "end jobs that have not run",
        lambda options: "cancel_active" if options["active"] else "cancel",
        declare=_declare_cancel,
        reason="Cancelled from the command line.",
    ),
    "promote": Move("make delayed jobs wait now", lambda options: "promote"),
    "reschedule": Move(
        "let waiting and delayed jobs run at another time",
        lambda options: "reschedule",
        lambda options: {"run_at": options["at"].isoformat()},
        _declare_reschedule,
    ),
    "priority": Move(
        "give jobs that have not run another priority",
        lambda options: "set_priority",
        lambda options: {"priority": options["to"]},
        _declare_priority,
    ),
}


def declare(move: Move, parser: ArgumentParser) -> None:
    """Declare the options of a move."""
    parser.add_argument("what", nargs="*", metavar="WHAT", help="numbers or task ids of jobs, or a filter")
    parser.add_argument("--filter", default="", help=FILTER_HELP)
    parser.add_argument("--dry-run", action="store_true", help="only count what would be done")
    parser.add_argument("--background", action="store_true", help="leave it to a worker and do not wait")
    add_actor(parser)
    add_yes(parser)
    add_json(parser)
    move.declare(parser)


def move_jobs(move: Move, out: OutputWrapper, options: Options) -> None:
    """Do it to the jobs named or matched. Raises `CommandError` where a job that was named is left alone."""
    ids, text = _jobs_of(options)
    wanted = Wanted(
        action=move.action(options),
        filter=text,
        ids=ids,
        details=move.details(options),
        reason=options["reason"] or move.reason,
        **{name: options[name] for name in ("canary", "canary_share", "rate", "hold", "anyway") if name in options},
    )
    if options["dry_run"]:
        return _tell_preview(wanted, out, options)
    return _move_named(wanted, out, options) if ids else _move_matching(wanted, out, options)


def _jobs_of(options: Options) -> tuple[list[int], str]:
    """Give the jobs that were named, or the filter."""
    text = options["filter"].strip()
    if options["what"] and not text:
        try:
            return [job_id(word) for word in options["what"]], ""
        except ArgumentTypeError as error:
            if ":" not in "".join(options["what"]):
                raise CommandError(f"{error}.") from error
        return [], " ".join(options["what"])
    if bool(options["what"]) == bool(text):
        raise CommandError("Name jobs by their numbers, or all that match a --filter; one of the two.")
    return [], text


def _tell_preview(wanted: Wanted, out: OutputWrapper, options: Options) -> None:
    expected = operations.preview(wanted, cap=None)
    if options["json"]:
        as_json(out, expected.kept())
    else:
        out.write(_sentence(wanted.action, expected))


def _move_named(wanted: Wanted, out: OutputWrapper, options: Options) -> None:
    actor = actor_of(options)
    planned = operations.plan(actor, _with_reason(wanted))
    _check(actor, wanted, operations.expected_of(planned))
    done = operations.start(planned)
    changed = set(done.jobs.values_list("job", flat=True)) & set(wanted.ids)
    states = dict(Job.objects.filter(pk__in=wanted.ids).values_list("pk", "state"))
    left = {number: states.get(number) for number in wanted.ids if number not in changed}
    if options["json"]:
        alone = {str(key): state for key, state in left.items()}
        as_json(out, {"operation": done.pk, "changed": sorted(changed), "left_alone": alone})
    else:
        out.write(f"{several(len(changed), 'job')} {ACTIONS[wanted.action].done}.")
    if done.state == Operation.State.STOPPED:
        raise CommandError(done.message)
    if left:
        raise CommandError(" ".join(_left_alone(wanted.action, number, state) for number, state in left.items()))


def _left_alone(action: str, number: int, state: str | None) -> str:
    done = ACTIONS[action].done
    if state is None:
        return f"There is no job {number}."
    if action == "retry" and state in ACTIONS[action].states:
        return f"Job {number} was not {done}: it has expired, is not worth it, or another job holds its unique key."
    return f"Job {number} was not {done}: it is {state}."


def _with_reason(wanted: Wanted) -> Wanted:
    """Name a reason for a few jobs that somebody has named one by one, who has none."""
    return wanted if wanted.reason else replace(wanted, reason="Named at the command line.")


def _move_matching(wanted: Wanted, out: OutputWrapper, options: Options) -> None:
    """Do it to all that match: say how many those are, ask, do it and tell what came of it."""
    actor = actor_of(options)
    planned = operations.plan(actor, wanted, cap=None)
    expected = operations.expected_of(planned)
    _check(actor, wanted, expected)
    if not options["yes"]:
        confirm(_sentence(wanted.action, expected), yes=False)
    reason = _reason(wanted, options)
    if options.get("background"):
        return _tell_begun(operations.start(planned, reason=reason), out, options)
    begun = operations.start(planned, reason=reason, here=True)
    return follow(begun, actor, out, options)


def _reason(wanted: Wanted, options: Options) -> str:
    if wanted.reason or options["yes"] or not sys.stdin.isatty():
        return wanted.reason
    return input("Why? ").strip()


def _check(actor: Actor, wanted: Wanted, expected: Preview) -> None:
    try:
        if actor.user is not None:
            rights.require_for(actor.user, wanted.action, expected)
    except PermissionDenied as error:
        raise CommandError(str(error)) from error


def _tell_begun(operation: Operation, out: OutputWrapper, options: Options) -> None:
    if options["json"]:
        as_json(out, {"operation": operation.pk, "state": operation.state})
    else:
        out.write(f"Operation {operation.pk} has begun; `manage.py operations show {operation.pk}` says how far it is.")


def _sentence(action: str, expected: Preview) -> str:
    skipped = ", ".join(f"{number:,} {reason}" for reason, number in expected.skipped.items())
    of_people = f" of {several(expected.users, 'person')}" if expected.users else ""
    match = "matches" if expected.matched == 1 else "match"
    would = f"{several(expected.matched, 'job')} {match}; {expected.eligible:,}{of_people} would be"
    sentence = f"{would} {ACTIONS[action].done}{f', not these: {skipped}' if skipped else ''}."
    if expected.seconds is None or not expected.eligible:
        return sentence
    return f"{sentence} That takes about {timedelta(seconds=round(expected.seconds))}."


def declare_drain(parser: ArgumentParser) -> None:
    """Declare the options of `jobs drain`."""
    parser.add_argument("queue")
    parser.add_argument("--delayed", action="store_true", help="also jobs that are not due yet")
    parser.add_argument("--dry-run", action="store_true", help="only count what would be cancelled")
    add_actor(parser)
    add_yes(parser)
    add_json(parser)


def drain(out: OutputWrapper, options: Options) -> None:
    """Cancel what waits in a queue."""
    states = "waiting,delayed" if options["delayed"] else "waiting"
    text = f'queue:"{options["queue"]}" state:{states}'
    wanted = Wanted(action="cancel", filter=text, reason=options["reason"] or "The queue was drained.")
    if options["dry_run"]:
        return _tell_preview(wanted, out, options)
    return _move_matching(wanted, out, options)
