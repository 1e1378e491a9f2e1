"""Follows an operation from a command: changes its jobs here, shows how far it came, and stops it at Ctrl-C."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from django.core.management.base import CommandError, OutputWrapper

from .. import operations
from ..domain.words import several
from ..models import Operation
from ..operations import ACTIONS, Actor
from .output import Bar, as_json

SLICE = 0.5
"""Seconds between two looks."""

UNDER_WAY = (Operation.State.RUNNING, Operation.State.CANARY, Operation.State.UNDOING)

Options = dict[str, Any]


def follow(operation: Operation, actor: Actor, out: OutputWrapper, options: Options) -> None:
    """Do the work of an operation here until it has changed all its jobs, and tell what came of it.

    Raises `CommandError` where it stopped before its end, with exit code 130 at Ctrl-C.
    """
    bar, stopped = Bar(sys.stderr), False
    with _stopping() as stop:
        while operation.state in UNDER_WAY:
            waits = operation.state == Operation.State.CANARY
            operations.advance(operation.pk, SLICE)
            operation.refresh_from_db()
            _show(bar, operation)
            if stop and not stopped and operations.can_stop(operation):
                operation, stopped = operations.stop(operation, actor, "Ctrl-C."), True
            elif waits and operation.state == Operation.State.CANARY:
                threading.Event().wait(SLICE)
    bar.close()
    tell_end(operation, out, options)
    if operation.state == Operation.State.STOPPED:
        rest = f"Do the rest with `manage.py operations rest {operation.pk}`."
        raise CommandError(f"{operation.message} {rest}", returncode=130 if stopped else 1)


def _show(bar: Bar, operation: Operation) -> None:
    words = f"{operation.done:,} {ACTIONS[operation.action].done}"
    if operation.state == Operation.State.CANARY:
        words += f", waiting for {operation.canary:,} canaries"
    bar.show(operation.seen, operation.expected.get("eligible") or operation.seen, words)


def tell_end(operation: Operation, out: OutputWrapper, options: Options) -> None:
    """Print what an operation did."""
    if options["json"]:
        return as_json(out, as_dict(operation))
    left = sum(operation.skipped.values())
    reasons = ", ".join(f"{number:,} {reason}" for reason, number in operation.skipped.items())
    alone = f"; left alone: {reasons}" if left else ""
    back = f", {operation.restored:,} of them put back" if operation.restored else ""
    out.write(f"{several(operation.done, 'job')} {ACTIONS[operation.action].done}{back}{alone}.")
    if operation.state == Operation.State.HOLDING and operation.hold_until is not None:
        undo = f"`manage.py operations undo {operation.pk}` puts all of them back"
        out.write(f"They run from {operation.release_at:%H:%M:%S} UTC on.")
        out.write(f"Until {operation.hold_until:%H:%M:%S} UTC {undo}.")
    return None


def as_dict(operation: Operation) -> dict[str, Any]:
    """Give an operation for programs."""
    names = (
        *("state", "action", "filter", "subject", "reason", "actor_name", "source", "details", "expected", "seen"),
        *("done", "skipped", "restored", "completed", "failed_again", "cancelled", "message", "canary", "rate"),
        *("created_at", "started_at", "hold_until", "finished_at", "settled_at"),
    )
    return {"operation": operation.pk, **{name: getattr(operation, name) for name in names}}


@contextmanager
def _stopping() -> Iterator[list[int]]:
    """Turn Ctrl-C into an entry in a list, so that the batch under way ends before the operation stops."""
    stop: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        stop.append(number)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
