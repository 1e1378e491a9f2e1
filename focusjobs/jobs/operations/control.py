"""What people tell an operation: to be planned, to start, to stop, to be undone, to do the rest."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from ..errors import OperationRefused
from ..models import Operation
from . import audit, background, running
from .actions import ACTIONS, action_named
from .actor import Actor
from .previewing import CAP, Preview, preview
from .wanted import HOLD, Wanted

AT_ONCE = 1_000
"""Up to so many jobs are changed where the operation is started; more, in the background."""

PREVIEW_HOLDS = timedelta(hours=1)
"""How long a preview may be started; by then too much has happened."""

UNDO_FOR = timedelta(days=1)
"""How long acts can be undone that are not followed by runs."""

MOST_CANARIES = 1_000
LONGEST_HOLD = timedelta(days=1)

State = Operation.State


def plan(actor: Actor, wanted: Wanted, *, cap: int | None = CAP) -> Operation:
    """Count what an operation would do, and keep that until somebody starts it.

    Raises `QueryError` and `OperationRefused`, sentences for whoever wants it.
    """
    _check(wanted)
    there = wanted.snapshot()
    expected = preview(wanted, snapshot=there, cap=cap)
    return audit.new(
        actor,
        wanted.action,
        reason=wanted.reason.strip()[: audit.MAX_REASON],
        filter=wanted.text(),
        details=dict(wanted.details),
        repeats=wanted.repeats,
        newest=there.newest,
        as_of=there.as_of,
        canary=wanted.canary,
        canary_share=wanted.canary_share,
        rate=wanted.rate,
        hold=_hold(wanted),
        anyway=wanted.anyway,
        expected=expected.kept(),
    )


def _check(wanted: Wanted) -> None:
    action_named(wanted.action)
    if not 0 <= wanted.canary <= MOST_CANARIES:
        raise OperationRefused(f"From 0 to {MOST_CANARIES:,} jobs can go first, not {wanted.canary}.")
    if not 0 <= wanted.canary_share < 1:
        raise OperationRefused(f"The part of them that may fail again is from 0 to below 1, not {wanted.canary_share}.")
    if wanted.rate is not None and not 0.01 <= wanted.rate <= 100_000:
        raise OperationRefused(f"A rate is from 0.01 to 100,000 jobs a second, not {wanted.rate}.")
    if wanted.hold is not None and not timedelta(0) <= wanted.hold <= LONGEST_HOLD:
        raise OperationRefused(f"Jobs can be held for a day at most, not for {wanted.hold}.")
    if wanted.action != "retry" and (wanted.canary or wanted.rate or wanted.hold):
        raise OperationRefused("Canaries, a rate and a hold are for retries.")


def _hold(wanted: Wanted) -> timedelta | None:
    if wanted.action != "retry":
        return None
    return wanted.hold if wanted.hold is not None else timedelta(0) if wanted.ids else HOLD


def start(operation: Operation, *, reason: str | None = None, here: bool = False) -> Operation:
    """Let an operation that was planned begin: at once where its jobs are few, otherwise in the background.

    With `here` nothing is changed yet: the caller does so with `running.advance`. Raises `OperationRefused` where it
    has begun already, where its preview is too old, and where many jobs are to be changed, or any cancelled, for no
    reason.
    """
    with transaction.atomic():
        locked = running.in_turn(operation.pk).get()
        _check_startable(locked, reason)
        _begin(locked)
        audit.log(locked)
    if here:
        return locked
    if (locked.expected.get("eligible") or 0) <= AT_ONCE and not locked.expected.get("capped"):
        running.advance(locked.pk)
    else:
        background.ring(locked.pk)
    locked.refresh_from_db()
    return locked


def _check_startable(operation: Operation, reason: str | None) -> None:
    if operation.state != State.PREVIEWED:
        raise OperationRefused(f"Operation {operation.pk} was started already.")
    if timezone.now() - operation.created_at > PREVIEW_HOLDS:
        raise OperationRefused(f"The preview of operation {operation.pk} is too old; look again first.")
    operation.reason = (operation.reason if reason is None else reason).strip()[: audit.MAX_REASON]
    is_many = (operation.expected.get("eligible") or 0) > 1
    if not operation.reason and (is_many or operation.action.startswith("cancel")):
        raise OperationRefused("Give a reason; it is kept with what is done.")


def _begin(operation: Operation) -> None:
    now = timezone.now()
    operation.state, operation.started_at = State.RUNNING, now
    operation.wake_at = now + running.GRACE
    if not operation.canary:
        running.release(operation, now)
    operation.save()


def act(actor: Actor, wanted: Wanted) -> Operation:
    """Plan an operation and start it: for single jobs and picked ones. Raises what `plan` and `start` raise."""
    return start(plan(actor, wanted))


def can_stop(operation: Operation) -> bool:
    """Tell whether there is something to stop: jobs to be changed, or such as are not due yet."""
    return operation.state in (State.RUNNING, State.CANARY, State.HOLDING)


def stop(operation: Operation, actor: Actor, why: str = "") -> Operation:
    """Change no further job; what was retried and is not due yet is put back. What runs, runs.

    Raises `OperationRefused` where nothing is left to stop.
    """
    return _end(operation, actor, State.STOPPED, "Stopped", why, can_stop)


def can_undo(operation: Operation) -> bool:
    """Tell whether there is something to put back: retried jobs that have not run, or what was changed within a day."""
    if operation.action not in ACTIONS or operation.state not in (
        *(State.RUNNING, State.CANARY, State.HOLDING, State.FINISHED, State.STOPPED),
    ):
        return False
    if operation.state == State.STOPPED or not operation.done:
        return False
    if operation.action == "retry":
        return operation.settled_at is None
    return timezone.now() - (operation.started_at or operation.created_at) < UNDO_FOR


def undo(operation: Operation, actor: Actor, why: str = "") -> Operation:
    """Put all jobs back as they were that nobody has touched since; those that a worker took stay as they are.

    Raises `OperationRefused` where nothing can be undone any more.
    """
    return _end(operation, actor, State.UNDONE, "Undone", why, can_undo)


def _end(operation: Operation, actor: Actor, ends_as: str, word: str, why: str, is_possible: Any) -> Operation:
    with transaction.atomic():
        locked = running.in_turn(operation.pk).get()
        if not is_possible(locked):
            raise OperationRefused(f"Operation {locked.pk} is {locked.get_state_display()}; nothing is left to do.")
        locked.message = f"{word} by {actor.name}{': ' if why else '.'}{why}"[:500]
        locked.state, locked.ends_as, locked.after = State.UNDOING, ends_as, 0
        locked.wake_at = timezone.now() + timedelta(seconds=2)
        locked.save(update_fields=["message", "state", "ends_as", "after", "wake_at"])
    if locked.done <= AT_ONCE:
        running.advance(locked.pk)
    else:
        background.ring(locked.pk)
    locked.refresh_from_db()
    return locked


def has_rest(operation: Operation) -> bool:
    """Tell whether an operation ended before it was through, so that the rest can be done."""
    ended = operation.state in (State.STOPPED, State.UNDONE) and operation.action in ACTIONS
    return ended and not operation.repeated_by.exclude(state=State.PREVIEWED).exists()


def rest(operation: Operation, actor: Actor, reason: str = "") -> Operation:
    """Do what an operation left undone, without canaries: on the jobs that its own preview was about, still as then.

    Raises `OperationRefused` where it left nothing, and what `start` raises.
    """
    if not has_rest(operation):
        raise OperationRefused(f"Operation {operation.pk} has no rest to be done.")
    return act(
        actor,
        Wanted(
            action=operation.action,
            filter=operation.filter,
            details=operation.details,
            reason=reason or f"The rest of operation {operation.pk}: {operation.reason}",
            rate=operation.rate,
            hold=operation.hold,
            anyway=operation.anyway,
            repeats=operation,
        ),
    )


def expected_of(operation: Operation) -> Preview:
    """Give the preview that an operation was planned with."""
    return Preview(**operation.expected, newest=operation.newest, as_of=operation.as_of)
