"""The work of an operation: batches of jobs, the wait for its canaries, and what became of the jobs.

Each step is a transaction that locks the operation, changes jobs and notes how far it came, so that whoever goes on
after a kill -9 repeats nothing and leaves nothing out.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from .. import interventions
from ..domain.lifecycle import FINISHED
from ..errors import OperationRefused, QueryError
from ..ledger.locks import Lock, hold_one
from ..looking.query import matching
from ..models import Attempt, Job, Operation, OperationJob
from . import following, worth
from .actions import ACTIONS, Wave
from .previewing import EXPIRED, HELD
from .wanted import Snapshot

logger = logging.getLogger(__name__)

BATCH = 1_000
"""Jobs that one transaction changes, so that none holds its locks for long."""

CHUNK = 20_000
"""Jobs that one statement looks up; a filter may be slow, and need not be asked anew for each batch."""

GRACE = timedelta(seconds=30)
"""An operation under way that shows no progress for so long is taken up by somebody else."""

MOVED = "moved meanwhile"
"""The reason for which a job is left alone that is no longer as it was at the preview."""

AGAIN = ("failed", "retried", "unwritable")
"""Outcomes of attempts by which a canary has failed again."""


@dataclass
class Ahead:
    """The numbers of the next jobs, so far as they are known, from a number on."""

    after: int = -1
    ids: list[int] = field(default_factory=list)

    def take(self, operation: Operation, size: int) -> list[int]:
        """Give the next jobs of an operation that its action could change."""
        if not self.ids or self.after != operation.after:
            self.ids = _look_up(operation)
        taken, self.ids = self.ids[:size], self.ids[size:]
        self.after = taken[-1] if taken else operation.after
        return taken


def _look_up(operation: Operation) -> list[int]:
    there = Snapshot(operation.newest, operation.as_of)
    jobs = there.within(matching(operation.filter, now=operation.as_of), operation.after)
    fit = jobs.filter(state__in=ACTIONS[operation.action].states)
    return list(fit.order_by("pk").values_list("pk", flat=True)[:CHUNK])


def in_turn(number: int) -> QuerySet[Operation]:
    """Lock an operation until the transaction ends, in turn: whoever stops one waits for one step, not for the last."""
    hold_one(Lock.OPERATION, number)
    return Operation.objects.select_for_update(no_key=True).filter(pk=number)


def advance(number: int, seconds: float | None = None) -> bool:
    """Do what there is to do for an operation now; tell whether there is more when so many seconds are over.

    One step is always done. What it cannot go on with stops it, with the reason.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    ahead = Ahead()
    while True:
        try:
            with transaction.atomic():
                operation = in_turn(number).first()
                step = STEPS.get(Operation.State(operation.state)) if operation else None
                if operation is None or step is None or not step(operation, ahead):
                    return False
        except (OperationRefused, QueryError) as error:
            give_up(number, str(error))
            return False
        if deadline is not None and time.monotonic() >= deadline:
            return True


def give_up(number: int, why: str) -> None:
    """Stop an operation that cannot go on."""
    running = (Operation.State.RUNNING, Operation.State.CANARY)
    Operation.objects.filter(pk=number, state__in=running).update(
        state=Operation.State.STOPPED, message=why[:500], finished_at=timezone.now(), wake_at=timezone.now()
    )
    logger.warning("operation %s stopped", number, extra={"operation": number, "error": why})


def _run(operation: Operation, ahead: Ahead) -> bool:
    """Change one batch of jobs."""
    is_canary = operation.done < operation.canary
    ids = ahead.take(operation, operation.canary - operation.done if is_canary else BATCH)
    if not ids:
        return _end(operation)
    skipped = Counter(operation.skipped)
    tasks = {} if operation.anyway or operation.action != "retry" else worth.choosy_tasks()
    unwanted = worth.unwanted(ids, tasks, operation.as_of)
    skipped.update(unwanted.values())
    wanted = [number for number in ids if number not in unwanted]
    was = interventions.capture(wanted)
    changed = ACTIONS[operation.action].change(operation, _wave(operation, wanted, is_canary=is_canary))
    interventions.link(operation.pk, [was[it] for it in changed if it in was], canary=is_canary)
    skipped.update(_left_alone(operation, [number for number in wanted if number not in changed]))
    operation.skipped = dict(skipped)
    operation.seen += len(ids)
    operation.done += len(changed)
    operation.after = ids[-1]
    operation.wake_at = timezone.now() + GRACE
    if is_canary and operation.done >= operation.canary:
        operation.state = Operation.State.CANARY
        operation.wake_at = timezone.now() + following.SOONEST
    operation.save(update_fields=["skipped", "seen", "done", "after", "wake_at", "state"])
    return operation.state == Operation.State.RUNNING


def _wave(operation: Operation, ids: list[int], *, is_canary: bool) -> Wave:
    if is_canary or (operation.release_at is None and operation.rate is None):
        return Wave(ids)
    pace = pace_of(operation)
    begin = (operation.release_at or timezone.now()) + pace * max(operation.done - operation.canary, 0)
    return Wave(ids, max(begin, timezone.now()) if operation.rate else begin, pace)


def pace_of(operation: Operation) -> timedelta:
    """Give how far apart the jobs of an operation become due."""
    return timedelta(seconds=1 / operation.rate) if operation.rate else timedelta(0)


def _left_alone(operation: Operation, ids: list[int]) -> Iterable[str]:
    """Say of jobs that were not changed why."""
    states = ACTIONS[operation.action].states
    jobs = Job.objects.filter(pk__in=ids).values_list("state", "started_at", "finished_at", "expires_at")
    there = 0
    for state, started, finished, expires in jobs:
        there += 1
        if state not in states or max(filter(None, (started, finished)), default=operation.as_of) > operation.as_of:
            yield MOVED
        else:
            yield EXPIRED if expires and expires <= timezone.now() else HELD
    yield from ["deleted"] * (len(ids) - there)


def _end(operation: Operation) -> bool:
    """Hold what was changed for as long as it can all be undone, or finish."""
    now = timezone.now()
    if operation.release_at is not None:
        last = operation.release_at + pace_of(operation) * max(operation.done - operation.canary, 0)
        operation.hold_until = max(operation.hold_until or last, last)
    is_held = operation.hold_until is not None and operation.hold_until > now and operation.done > 0
    operation.state = Operation.State.HOLDING if is_held else Operation.State.FINISHED
    operation.finished_at = None if is_held else now
    operation.wake_at = operation.hold_until if is_held else now
    operation.save(update_fields=["state", "hold_until", "finished_at", "wake_at"])
    return not is_held


def _judge(operation: Operation, ahead: Ahead) -> bool:
    """See how the canaries did: too many failed again, all are through, or there are some to wait for."""
    failed = Attempt.objects.filter(job=OuterRef("job"), finished_at__gte=OuterRef("at"), outcome__in=AGAIN)
    canaries = OperationJob.objects.filter(operation=operation, is_canary=True).annotate(failed=Exists(failed))
    fates = list(canaries.values_list("job__state", "failed"))
    again = sum(is_failed for _, is_failed in fates)
    now = timezone.now()
    if again > operation.canary_share * len(fates):
        operation.message = f"{again} of {len(fates)} canaries failed again."
        operation.state, operation.finished_at, operation.wake_at = Operation.State.STOPPED, now, now
    elif all(is_failed or state in FINISHED for state, is_failed in fates):
        operation.state, operation.wake_at = Operation.State.RUNNING, now + GRACE
        release(operation, now)
    else:
        operation.wake_at = following.next_look(operation, now)
    operation.save(update_fields=["state", "message", "finished_at", "wake_at", "release_at", "hold_until"])
    return operation.state != Operation.State.CANARY


def release(operation: Operation, now: datetime) -> None:
    """Let the jobs that follow run from the end of the hold on."""
    if operation.hold or operation.rate:
        operation.release_at = now + (operation.hold or timedelta(0))
        operation.hold_until = operation.release_at


def _hold(operation: Operation, ahead: Ahead) -> bool:
    """Finish once nothing is held any more."""
    now = timezone.now()
    if operation.hold_until is not None and operation.hold_until > now:
        operation.wake_at = operation.hold_until
        operation.save(update_fields=["wake_at"])
        return False
    operation.state, operation.finished_at, operation.wake_at = Operation.State.FINISHED, now, now
    operation.save(update_fields=["state", "finished_at", "wake_at"])
    return True


def _put_back(operation: Operation, ahead: Ahead) -> bool:
    """Put one batch of jobs back as they were."""
    links = OperationJob.objects.filter(operation=operation, job__gt=operation.after, outcome=None)
    ids = list(links.order_by("job").values_list("job", flat=True)[:BATCH])
    operation.wake_at = timezone.now() + GRACE
    if ids:
        is_stop = operation.ends_as == Operation.State.STOPPED
        operation.restored += len(interventions.restore(operation.pk, ids, future=is_stop))
        operation.after = ids[-1]
    else:
        operation.state = operation.ends_as
        operation.finished_at = operation.wake_at = timezone.now()
    operation.save(update_fields=["wake_at", "restored", "after", "state", "finished_at"])
    return True


def _follow(operation: Operation, ahead: Ahead) -> bool:
    following.follow(operation)
    return False


Step = Callable[[Operation, Ahead], bool]
"""Does one thing for a locked operation; tells whether there is more to do at once."""

STEPS: dict[Operation.State, Step] = {
    Operation.State.RUNNING: _run,
    Operation.State.CANARY: _judge,
    Operation.State.HOLDING: _hold,
    Operation.State.UNDOING: _put_back,
    Operation.State.FINISHED: _follow,
    Operation.State.STOPPED: _follow,
    Operation.State.UNDONE: _follow,
}
