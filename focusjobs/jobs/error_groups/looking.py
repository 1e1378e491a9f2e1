"""Reads of groups of errors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from focusjobs.sql import rows

from ..domain.fingerprint import span_of
from ..errors import QueryError
from ..models import Attempt, ErrorGroup, Job
from . import statements

HOUR = timedelta(hours=1)

MOST = 500
"""Open groups that are compared; the latest ones."""


@dataclass(frozen=True)
class Growing:
    """How often a group was met in the latest hours, and in as many hours before."""

    group: ErrorGroup
    now: int
    before: int

    @property
    def is_new(self) -> bool:
        """Tell whether it was never met before."""
        return self.group.attempts <= self.now


@dataclass(frozen=True)
class Hour:
    """How often a group was met in an hour."""

    at: datetime
    attempts: int


def find(beginning: str) -> ErrorGroup:
    """Give the group whose fingerprint begins so. Raises `QueryError` where there is none, or several."""
    span = span_of(beginning)
    found = list(ErrorGroup.objects.filter(pk__range=span)[:2]) if span else []
    if len(found) == 1:
        return found[0]
    few = "Several error groups begin" if found else "There is no error group that begins"
    raise QueryError(f"{few} with “{beginning[:60]}”.")


def sparkline(groups: Iterable[ErrorGroup], hours: int = 24) -> dict[int, list[Hour]]:
    """Give how often each group was met in each of the last hours, by its number, the oldest first."""
    known = [group.pk for group in groups]
    start = _floor(timezone.now()) - HOUR * (hours - 1)
    met = {(group, hour): attempts for group, hour, attempts in rows(statements.HOURS, [known, start])}
    times = [start + HOUR * place for place in range(hours)]
    return {group: [Hour(at, met.get((group, at), 0)) for at in times] for group in known}


def growing(hours: int = 1, limit: int = 10) -> list[Growing]:
    """Give the open groups that were met most in the latest hours, counted from the last full one on."""
    start = _floor(timezone.now()) - HOUR * (hours - 1)
    values = {"start": start, "start_before": start - HOUR * hours, "most": MOST, "limit": limit}
    found = rows(statements.GROWING, values)
    groups = ErrorGroup.objects.in_bulk([row[0] for row in found])
    return [Growing(groups[number], now, before) for number, now, before in found]


def samples(group: ErrorGroup, count: int = 3) -> list[Attempt]:
    """Give the latest attempts of a group, of different jobs."""
    jobs = Job.objects.filter(error_group=group.pk).order_by("-pk").values_list("pk", flat=True)[:count]
    attempts = Attempt.objects.filter(job__in=list(jobs), error_group=group.pk).order_by("job", "-pk").distinct("job")
    return sorted(attempts, key=lambda attempt: -attempt.pk)


def _floor(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)
