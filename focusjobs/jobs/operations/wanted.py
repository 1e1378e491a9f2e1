"""What somebody wants done, and to which jobs: those that there are when they ask, as they are then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from ..errors import OperationRefused
from ..models import Job, JobQuerySet, Operation

HOLD = timedelta(seconds=30)
"""How long what a filter retried waits before it runs, so that it can be undone."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What somebody wants done: to the jobs that a filter matches, or to those with these numbers.

    canary: so many jobs go first, and the rest only if at most `canary_share` of them fails again. rate: jobs that
    become due in a second. hold: what is retried waits so long, so that it can be undone; None: `HOLD` for a filter,
    nothing for numbers. anyway: also jobs that their tasks call not worth running. repeats: the operation whose rest
    this is; its snapshot is taken over.
    """

    action: str
    filter: str = ""
    ids: Sequence[int] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    canary: int = 0
    canary_share: float = 0.2
    rate: float | None = None
    hold: timedelta | None = None
    anyway: bool = False
    repeats: Operation | None = None

    def text(self) -> str:
        """Give the jobs in the filter language. Raises `OperationRefused` where that would be all jobs, or none."""
        if bool(self.ids) == bool(self.filter.strip()):
            raise OperationRefused("Name jobs by their numbers, or all that match a filter; one of the two.")
        return self.filter.strip() or "id:" + ",".join(str(number) for number in sorted(set(self.ids)))

    def snapshot(self) -> Snapshot:
        """Give the jobs that it is about: those of the operation whose rest it is, or those of now."""
        return Snapshot(self.repeats.newest, self.repeats.as_of) if self.repeats else Snapshot.now()


@dataclass(frozen=True)
class Snapshot:
    """The jobs that there were at an instant, as they were: none newer, and none that ended later."""

    newest: int
    as_of: datetime

    @classmethod
    def now(cls) -> Snapshot:
        """Give that of this instant, by the database's clock."""
        newest = Job.objects.order_by("-pk").annotate(now=Now()).values_list("pk", "now").first()
        return cls(*newest) if newest else cls(0, timezone.now())

    def within(self, jobs: JobQuerySet, after: int = 0) -> JobQuerySet:
        """Give those of the jobs that were there, from a number on."""
        unmoved = Q(finished_at=None) | Q(finished_at__lte=self.as_of)
        return jobs.filter(unmoved, pk__gt=after, pk__lte=self.newest)
