"""An intervention on everything that a filter matches: counted first, done in batches, resumable where it stopped.

A run is bounded by a snapshot, so that jobs which are enqueued or end while it goes on are not swept in. It goes by
rising number and says after each batch how far it came; a run that begins again there repeats nothing, since every
intervention is guarded by the state of the job.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from .domain.lifecycle import PENDING, UNFINISHED, State
from .errors import OperationRefused
from .models import Job, JobQuerySet

BATCH = 500
"""Jobs that one statement changes."""

ACTS: dict[str, tuple[State, ...]] = {
    "retry": (State.FAILED, State.CANCELLED),
    "cancel": PENDING,
    "cancel_active": UNFINISHED,
    "promote": (State.DELAYED,),
    "reschedule": (State.WAITING, State.DELAYED),
    "set_priority": PENDING,
}
"""The states in which each intervention changes a job."""

Intervention = Callable[[list[int]], set[int]]
"""Changes jobs by their numbers and answers those that it changed."""


@dataclass(frozen=True)
class Cursor:
    """How far a run came: looked at up to the number `after`, of jobs up to `newest` that had not ended after `at`."""

    newest: int
    at: datetime
    after: int = 0

    @classmethod
    def now(cls) -> Cursor:
        """Give the beginning of a run over the jobs that there are now."""
        newest = Job.objects.order_by("-pk").annotate(now=Now()).values_list("pk", "now").first()
        return cls(*newest) if newest else cls(0, timezone.now())

    @classmethod
    def read(cls, text: str) -> Cursor:
        """Read what `str` wrote. Raises `OperationRefused` for anything else."""
        try:
            after, newest, at = text.split("/")
            cursor = cls(int(newest), datetime.fromisoformat(at), int(after))
        except ValueError as error:
            raise OperationRefused(f"“{text[:60]}” is no place to go on from.") from error
        if cursor.at.tzinfo is None or not 0 <= cursor.after <= cursor.newest < 2**63:
            raise OperationRefused(f"“{text[:60]}” is no place to go on from.")
        return cursor

    def __str__(self) -> str:
        return f"{self.after}/{self.newest}/{self.at.isoformat()}"

    def ahead(self, jobs: JobQuerySet) -> JobQuerySet:
        """Give those jobs that the run has still to look at."""
        return jobs.filter(Q(finished_at=None) | Q(finished_at__lte=self.at), pk__gt=self.after, pk__lte=self.newest)


@dataclass(frozen=True)
class Preview:
    """What a run would do: jobs that match, those it would change, their people, and why it would skip the rest."""

    matched: int
    eligible: int
    users: int
    skipped: dict[str, int]


@dataclass(frozen=True)
class Progress:
    """What a run has done so far."""

    cursor: Cursor
    seen: int = 0
    changed: int = 0


def preview(act: str, jobs: JobQuerySet, cursor: Cursor) -> Preview:
    """Count what an intervention of `ACTS` would do. Exact, and therefore as slow as the filter is wide."""
    ahead = cursor.ahead(jobs)
    by_state = dict(ahead.order_by().values_list("state").annotate(jobs=Count("pk")))
    skipped = {state: jobs for state, jobs in by_state.items() if state not in ACTS[act]}
    fit = ahead.filter(state__in=ACTS[act])
    if act == "retry":
        expired, held = fit.filter(expires_at__lte=Now()), fit.filter(_may_start(), _key_is_held())
        skipped |= {"expired": expired.count(), "unique key held by another job": held.count()}
        fit = fit.filter(_may_start(), ~_key_is_held())
    counted = fit.aggregate(jobs=Count("pk"), users=Count("user", distinct=True))
    skipped = {reason: jobs for reason, jobs in skipped.items() if jobs}
    return Preview(sum(by_state.values()), counted["jobs"], counted["users"], skipped)


def _may_start() -> Q:
    return Q(expires_at=None) | Q(expires_at__gt=Now())


def _key_is_held() -> Exists:
    return Exists(Job.objects.filter(task=OuterRef("task"), unique_key=OuterRef("unique_key"), state__in=UNFINISHED))


def run(
    act: str, change: Intervention, jobs: JobQuerySet, cursor: Cursor, limit: int | None = None
) -> Iterator[Progress]:
    """Change what matches, a batch at a time, each in a transaction of its own, and tell after each how far it came.

    Stops when `limit` jobs have been changed. `change` is the intervention that `act` names in `ACTS`.
    """
    done = Progress(cursor)
    fit = jobs.filter(state__in=ACTS[act]).order_by("pk")
    while limit is None or done.changed < limit:
        size = BATCH if limit is None else min(BATCH, limit - done.changed)
        batch = list(done.cursor.ahead(fit).values_list("pk", flat=True)[:size])
        if not batch:
            return
        changed = change(batch)
        done = Progress(replace(done.cursor, after=batch[-1]), done.seen + len(batch), done.changed + len(changed))
        yield done
