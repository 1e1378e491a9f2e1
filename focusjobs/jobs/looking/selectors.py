"""Reads of the ledger, for the console, commands and other apps; none costs more as the ledger grows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet
from django_celery_results.models import TaskResult

from ..domain.lifecycle import FINISHED, State
from ..models import Job, LogLine

MANY = 1_000
"""Up to here jobs are counted; beyond, “more than a thousand” has to do."""

LATEST = 10_000
"""Jobs of a filter that are looked at to count them by state, the latest ones."""

LOG_TAIL = 500
"""Log lines of a job that are shown, the latest ones."""

WAITING_BY_LANE = {
    Job.Lane.DRAIN: ("queue", "priority", "id"),
    Job.Lane.LIMITED: ("queue", "limit_key", "priority", "id"),
    Job.Lane.MESSAGE: ("queue", "published_at", "id"),
}
"""The order in which an index holds the jobs that wait, of each lane."""

OF_STATE: dict[State, Q] = {
    State.WAITING: reduce(or_, (Q(state=State.WAITING, lane=lane) for lane in WAITING_BY_LANE)),
    **{state: Q(state=state) for state in (State.DELAYED, State.ACTIVE, State.WAITING_CHILDREN, *FINISHED)},
}
"""The jobs of each state, said so that the indexes of all lanes serve those that wait."""

ORDER_OF_STATE: dict[State, tuple[str, ...]] = {
    State.WAITING: ("-id",),
    State.DELAYED: ("run_at", "id"),
    State.ACTIVE: ("id",),
    State.WAITING_CHILDREN: ("-id",),
    State.COMPLETED: ("-finished_at", "-id"),
    State.FAILED: ("-finished_at", "-id"),
    State.CANCELLED: ("-finished_at", "-id"),
}
"""What to look at first, by state: the newest, the next due, the longest at work, the latest to end."""


@dataclass(frozen=True)
class Outcome:
    """What django-celery-results keeps of a job that returned something or failed."""

    pk: int
    value: str
    """JSON, indented."""
    traceback: str


def count_by_state(jobs: QuerySet[Job]) -> dict[State, int]:
    """Count all jobs in each state; a number above `MANY` says only that there are more."""
    others = [state for state in State if state is not State.WAITING]
    counts: dict[State, int] = {state: _few(jobs.filter(state=state), ORDER_OF_STATE[state]) for state in others}
    lanes = WAITING_BY_LANE.items()
    counts[State.WAITING] = sum(_few(jobs.filter(state=State.WAITING, lane=lane), order) for lane, order in lanes)
    return counts


def _few(jobs: QuerySet[Job], order: tuple[str, ...]) -> int:
    # Without the order of an index the planner may hope to meet enough of them by reading the table.
    return jobs.order_by(*order)[: MANY + 1].count()


def count_latest_by_state(jobs: QuerySet[Job]) -> dict[State, int]:
    """Count jobs in each state that an index finds in the order of their numbers, as `count_by_state` does.

    Where there are more than `LATEST`, states of which few are among those are left out: nobody knows how many.
    """
    # One walk for all states: of one without a job, the index would be read to its end.
    latest = list(jobs.order_by("-id").values_list("state", flat=True)[: LATEST + 1])
    found = Counter(map(State, latest))
    if len(latest) <= LATEST:
        return {state: found[state] for state in State}
    return {state: number for state, number in found.items() if number > MANY}


def states_of(job_ids: Iterable[int | None]) -> dict[int, str]:
    """Give the states of jobs by their numbers, in one statement; jobs that are gone are left out."""
    wanted = [number for number in job_ids if number is not None]
    return dict(Job.objects.filter(pk__in=wanted).values_list("pk", "state")) if wanted else {}


def log_tail(job: Job) -> list[LogLine]:
    """Give the latest log lines of a job, the oldest first; one more than `LOG_TAIL` if there are more."""
    return list(job.log_lines.order_by("-id")[: LOG_TAIL + 1])[::-1]


def outcome_of(job: Job) -> Outcome | None:
    """Give what a job returned or failed with, if it is kept."""
    stored = TaskResult.objects.filter(task_id=job.task_id).only("result", "traceback").first()
    if stored is None:
        return None
    return Outcome(pk=stored.pk, value=indented(stored.result), traceback=stored.traceback or "")


def answer_of(job: Job) -> Any:
    """Give what a completed job returned; None where that is not kept."""
    stored = TaskResult.objects.filter(task_id=job.task_id).values_list("result", flat=True).first()
    return json.loads(stored) if stored else None


def indented(text: str | None) -> str:
    """Give JSON with line breaks; text that is none comes back as it is."""
    try:
        return json.dumps(json.loads(text or "null"), indent=2, ensure_ascii=False)
    except ValueError:
        return text or ""
