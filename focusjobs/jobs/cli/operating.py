"""`operations list`, `show`, `stop`, `undo` and `rest`."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandError, OutputWrapper

from .. import operations, rights
from ..models import Operation
from ..operations import ACTIONS, Actor
from .asking import actor_of, add_actor, add_json, check_right, natural
from .following import as_dict, follow, tell_end
from .output import as_json, cell, table

Options = dict[str, Any]


def declare_list(parser: ArgumentParser) -> None:
    """Declare the options of `operations list`."""
    parser.add_argument(
        "--limit", type=natural, default=20, help="operations to show, the newest first; 20 unless told"
    )
    parser.add_argument("--all", action="store_true", help="also previews that were never started, and reveals")
    add_json(parser)


def list_operations(out: OutputWrapper, options: Options) -> None:
    """Print the newest operations."""
    found = Operation.objects.order_by("-pk")
    if not options["all"]:
        found = found.exclude(state=Operation.State.PREVIEWED).exclude(action="reveal")
    newest = list(found[: options["limit"]])
    if options["json"]:
        return as_json(out, [as_dict(operation) for operation in newest])
    headings = ("operation", "at", "who", "did", "to", "state", "jobs", "reason")
    return table(out, headings, (_line(operation) for operation in newest))


def _line(operation: Operation) -> tuple[Any, ...]:
    about = operation.subject or operation.filter
    who = operation.actor_name
    return (
        str(operation.pk),
        operation.created_at,
        who,
        operation.action,
        about,
        operation.state,
        operation.done,
        operation.reason,
    )


def declare_one(parser: ArgumentParser) -> None:
    """Declare the options of `operations show`."""
    parser.add_argument("operation", type=natural)
    add_json(parser)


def show(out: OutputWrapper, options: Options) -> None:
    """Print all about one operation."""
    operation = _operation(options)
    if options["json"]:
        return as_json(out, as_dict(operation))
    for name, value in as_dict(operation).items():
        if value not in (None, "", {}):
            out.write(f"{name:12}  {cell(value) if name.endswith('_at') else value}")
    return None


def _operation(options: Options) -> Operation:
    operation = Operation.objects.filter(pk=options["operation"]).first()
    if operation is None:
        raise CommandError(f"There is no operation {options['operation']}.")
    return operation


def declare_act(parser: ArgumentParser) -> None:
    """Declare the options of `operations stop`, `undo` and `rest`."""
    parser.add_argument("operation", type=natural)
    add_actor(parser)
    add_json(parser)


def stop(out: OutputWrapper, options: Options) -> None:
    """Change no further job, and put those back that are not due yet."""
    _end(operations.stop, out, options)


def undo(out: OutputWrapper, options: Options) -> None:
    """Put all jobs back that nobody has touched."""
    _end(operations.undo, out, options)


def _end(act: Callable[[Operation, Actor, str], Operation], out: OutputWrapper, options: Options) -> None:
    operation, actor = _operation(options), actor_of(options)
    _check(actor, operation)
    tell_end(act(operation, actor, options["reason"]), out, options)


def rest(out: OutputWrapper, options: Options) -> None:
    """Do what an operation left undone, on the jobs that it was about."""
    operation, actor = _operation(options), actor_of(options)
    _check(actor, operation)
    follow(operations.rest(operation, actor, options["reason"]), actor, out, options)


def _check(actor: Actor, operation: Operation) -> None:
    if operation.action in ACTIONS:
        check_right(actor, rights.for_action(operation.action))
