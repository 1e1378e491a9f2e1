"""Which jobs are still worth running: what their task says of their age and of their arguments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.db.models.functions import Coalesce

from ..declaring.definition import Task
from ..declaring.registry import known_tasks, load_tasks
from ..errors import OperationRefused
from ..models import Job

STALE = "stale"
"""The reason for which a job is skipped that was due too long ago."""

MAX_REASON = 100
"""Characters of a reason that count."""


def choosy_tasks() -> dict[str, Task[..., Any]]:
    """Give the tasks that say which of their jobs are worth running."""
    load_tasks()
    known = known_tasks().items()
    return {name: task for name, task in known if task.stale_after is not None or task.still_wanted is not None}


def too_old(tasks: Mapping[str, Task[..., Any]], now: datetime) -> Q:
    """Give the condition that a job was due longer ago than its task allows; an empty one where no task minds."""
    found = Q()
    for name, task in tasks.items():
        if task.stale_after is not None:
            end = now - task.stale_after
            found |= Q(task=name) & (Q(due_at__lt=end) | Q(due_at=None, run_at__lt=end))
    return found


def unwanted(ids: Iterable[int], tasks: Mapping[str, Task[..., Any]], now: datetime) -> dict[int, str]:
    """Give those of the jobs that are not worth running, with the reasons. Raises `OperationRefused` as `reasons`."""
    if not tasks:
        return {}
    jobs = Job.objects.filter(pk__in=list(ids), task__in=tasks).annotate(first_due=Coalesce("due_at", "run_at"))
    asked: dict[str, list[tuple[int, Any]]] = defaultdict(list)
    found: dict[int, str] = {}
    for number, name, arguments, due in jobs.values_list("pk", "task", "arguments", "first_due"):
        age = tasks[name].stale_after
        if age is not None and due < now - age:
            found[number] = STALE
        else:
            asked[name].append((number, arguments))
    for name, calls in asked.items():
        told = reasons(tasks[name], [arguments for _, arguments in calls])
        found |= {number: reason for (number, _), reason in zip(calls, told, strict=True) if reason}
    return found


def reasons(task: Task[..., Any], arguments: Sequence[Mapping[str, Any]]) -> list[str | None]:
    """Ask a task why jobs with these arguments are not worth running; None where they are.

    Raises `OperationRefused` where its function fails or does not answer for each: then nobody knows.
    """
    if task.still_wanted is None:
        return [None] * len(arguments)
    try:
        told = list(task.still_wanted(arguments))
    except Exception as error:  # whatever an app's function raises, jobs must not be run on a guess
        raise OperationRefused(f"{task.name} could not tell which jobs are still wanted: {error!r}.") from error
    if len(told) != len(arguments):
        raise OperationRefused(
            f"{task.name}: still_wanted answered for {len(told)} jobs where it was asked about {len(arguments)}."
        )
    return [reason and str(reason)[:MAX_REASON] for reason in told]
