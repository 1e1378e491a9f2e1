"""`errors list`, `show`, `fix`, `ignore`, `reopen`, `assign` and `note`: groups of errors."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import OutputWrapper

from .. import error_groups
from ..models import ErrorGroup
from ..operations import Actor
from .asking import actor_of, add_actor, add_json, check_right, natural, person, time_ahead
from .output import as_json, cell, table

Options = dict[str, Any]

SHORT = 8
"""Digits of a fingerprint that are shown; more are shown for one group alone."""

FIELDS = (
    *("task", "exception", "message", "frame", "state", "jobs", "attempts", "failed", "users", "first_seen"),
    *("last_seen", "first_release", "last_release", "last_job_id", "last_error", "fixed_in", "fixed_at"),
    *("ignored_until", "regressed_at", "regressed_in", "note"),
)


def declare_list(parser: ArgumentParser) -> None:
    """Declare the options of `errors list`."""
    parser.add_argument("--state", choices=[*ErrorGroup.State.values, "all"], default="open")
    parser.add_argument("--limit", type=natural, default=20, help="groups to show, the latest first; 20 unless told")
    add_json(parser)


def list_groups(out: OutputWrapper, options: Options) -> None:
    """Print the groups that were met last."""
    found = ErrorGroup.objects.order_by("-last_seen")
    if options["state"] != "all":
        found = found.filter(state=options["state"])
    latest = list(found[: options["limit"]])
    if options["json"]:
        return as_json(out, [as_dict(group) for group in latest])
    headings = ("group", "last seen", "jobs", "people", "state", "task", "error")
    return table(out, headings, (_line(group) for group in latest))


def _line(group: ErrorGroup) -> tuple[Any, ...]:
    said = f"{group.exception}: {group.message}" if group.message else group.exception
    name = group.fingerprint[:SHORT]
    return name, group.last_seen, group.jobs, _people(group), group.state, group.task, said


def _people(group: ErrorGroup) -> str:
    return f"{group.users:,}{'+' if group.users >= error_groups.USERS_CAP else ''}"


def as_dict(group: ErrorGroup) -> dict[str, Any]:
    """Give a group for programs."""
    assignee = str(group.assignee) if group.assignee else None
    return {"group": group.fingerprint, **{name: getattr(group, name) for name in FIELDS}, "assignee": assignee}


def declare_one(parser: ArgumentParser) -> None:
    """Declare the options of `errors show`."""
    parser.add_argument("group", help="its fingerprint or the beginning of it")
    add_json(parser)


def show(out: OutputWrapper, options: Options) -> None:
    """Print all about one group."""
    _tell(error_groups.find(options["group"]), out, options)


def _tell(group: ErrorGroup, out: OutputWrapper, options: Options) -> None:
    if options["json"]:
        return as_json(out, as_dict(group))
    for name, value in as_dict(group).items():
        if value not in (None, ""):
            out.write(f"{name:13}  {cell(value) if name.endswith(('_at', '_seen', '_until')) else value}")
    return None


def _declare(parser: ArgumentParser) -> None:
    parser.add_argument("group", help="its fingerprint or the beginning of it")
    add_actor(parser)
    add_json(parser)


def declare_fix(parser: ArgumentParser) -> None:
    """Declare the options of `errors fix`."""
    _declare(parser)
    parser.add_argument("--release", default="", help="the release that mends it; otherwise whatever runs from now on")


def declare_ignore(parser: ArgumentParser) -> None:
    """Declare the options of `errors ignore`."""
    _declare(parser)
    parser.add_argument("--until", type=time_ahead, help="2h, 2026-03-01T08:00; for good unless told")


def declare_reopen(parser: ArgumentParser) -> None:
    """Declare the options of `errors reopen`."""
    _declare(parser)


def declare_assign(parser: ArgumentParser) -> None:
    """Declare the options of `errors assign`."""
    _declare(parser)
    parser.add_argument("--to", metavar="EMAIL", help="the account; nobody unless told")


def declare_note(parser: ArgumentParser) -> None:
    """Declare the options of `errors note`."""
    _declare(parser)
    parser.add_argument("text")


def _sort(act: Callable[[Actor, ErrorGroup], Any], out: OutputWrapper, options: Options) -> None:
    actor = actor_of(options)
    check_right(actor, "triage_errorgroup")
    group = error_groups.find(options["group"])
    act(actor, group)
    _tell(group, out, options)


def fix(out: OutputWrapper, options: Options) -> None:
    """Say that a group is mended."""
    _sort(lambda actor, group: error_groups.fix(actor, group, options["release"], options["reason"]), out, options)


def ignore(out: OutputWrapper, options: Options) -> None:
    """Let a group need nobody."""
    _sort(lambda actor, group: error_groups.ignore(actor, group, options["until"], options["reason"]), out, options)


def reopen(out: OutputWrapper, options: Options) -> None:
    """Say that a group needs somebody."""
    _sort(lambda actor, group: error_groups.reopen(actor, group, options["reason"]), out, options)


def assign(out: OutputWrapper, options: Options) -> None:
    """Say who sees to a group."""
    user = person(options["to"]) if options["to"] else None
    _sort(lambda actor, group: error_groups.assign(actor, group, user, options["reason"]), out, options)


def annotate(out: OutputWrapper, options: Options) -> None:
    """Keep a note at a group."""
    _sort(lambda actor, group: error_groups.annotate(actor, group, options["text"], options["reason"]), out, options)
