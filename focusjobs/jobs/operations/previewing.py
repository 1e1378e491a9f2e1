"""What an operation would do, in numbers: how many jobs, of how many people, on which queues, and which it would skip.

Reads only. Counts stop at a cap, and say so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Case, CharField, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Now
from django.db.models.lookups import IsNull

from focusjobs.sql import rows

from ..declaring.definition import Task
from ..domain.lifecycle import UNFINISHED
from ..looking.query import matching
from ..models import Job
from . import statements, worth
from .actions import ACTIONS, action_named
from .lasting import Place, seconds_for
from .wanted import Snapshot, Wanted

CAP = 200_000
"""Up to here jobs are counted; beyond, numbers are “at least”."""

CHECKED = 20_000
"""So many jobs are shown to their tasks' `still_wanted` in a preview; the rest is checked when it is run."""

PORTION = 2_000
"""Jobs that are shown to a task at once."""

EXPIRED, HELD, FIT = "expired", "unique key held by another job", "fit"

Tasks = Mapping[str, Task[..., Any]]
Fated = QuerySet[Any, Any]
"""Jobs, each with its fate."""


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What an operation would do. `users` are the people of the jobs that it would change."""

    matched: int
    eligible: int
    users: int
    unowned: int
    """Eligible jobs that are nobody's."""
    skipped: dict[str, int]
    queues: dict[str, int]
    tasks: dict[str, int]
    capped: bool
    """Whether there are more: then all numbers mean “at least”."""
    unchecked: int
    """Eligible jobs of which nobody has asked yet whether they are still wanted."""
    seconds: float | None
    """How long the queues would take, at the rate that is wanted or as `lasting` knows them."""
    newest: int
    as_of: datetime

    def kept(self) -> dict[str, Any]:
        """Give what an operation keeps of it."""
        return {name: value for name, value in asdict(self).items() if name not in ("newest", "as_of")}


@dataclass
class _Asked:
    """What tasks said of the jobs that they were shown."""

    reasons: Counter[str] = field(default_factory=Counter)
    gone: Counter[Place] = field(default_factory=Counter)
    users: set[int] = field(default_factory=set)
    unowned: int = 0
    unchecked: int = 0


def preview(wanted: Wanted, *, snapshot: Snapshot | None = None, cap: int | None = CAP) -> Preview:
    """Count what an operation would do; without a cap all of it, however long that takes.

    Raises `QueryError` and `OperationRefused`, sentences for whoever wants it.
    """
    action_named(wanted.action)
    there = snapshot or wanted.snapshot()
    jobs = there.within(matching(wanted.text(), now=there.as_of)).order_by()
    tasks = {} if wanted.anyway or wanted.action != "retry" else worth.choosy_tasks()
    return _preview(wanted, jobs.annotate(fate=_fate(wanted.action, tasks, there.as_of)), tasks, there, cap)


def _preview(wanted: Wanted, fated: Fated, tasks: Tasks, there: Snapshot, cap: int | None) -> Preview:
    groups = _grouped(fated, cap)
    fit = Counter({(queue, task): number for fate, queue, task, number in groups if fate == FIT})
    asked = _ask(fated.filter(fate=FIT), [task for task in tasks.values() if task.still_wanted is not None], fit)
    skipped = Counter(asked.reasons)
    for fate, _, _, number in groups:
        if fate != FIT:
            skipped[fate] += number
    users, unowned = _people(fated, tasks, asked, cap)
    left = fit - asked.gone
    matched = sum(number for *_, number in groups)
    return Preview(
        matched=min(matched, cap or matched),
        eligible=sum(left.values()),
        users=users,
        unowned=unowned,
        skipped=dict(skipped.most_common()),
        queues=_summed(left, 0),
        tasks=_summed(left, 1),
        capped=cap is not None and matched > cap,
        unchecked=asked.unchecked,
        seconds=seconds_for(left, wanted.rate),
        newest=there.newest,
        as_of=there.as_of,
    )


def _grouped(fated: Fated, cap: int | None) -> list[tuple[str, str, str, int]]:
    """Count jobs by fate, queue and task."""
    inner, parameters = _some(fated, cap)
    return rows(statements.GROUPED.format(jobs=inner), parameters)


def _some(fated: Fated, cap: int | None) -> tuple[str, Sequence[Any]]:
    """Give the statement that finds the jobs, up to one more than the cap; to be read once, from within another."""
    columns = fated.values_list("fate", "queue", "task", "user_id")
    sql, parameters = columns[: cap + 1 if cap else None].query.sql_with_params()
    return sql, parameters


def _fate(action: str, tasks: Tasks, now: datetime) -> Case:
    """Give what would become of each job: it is fit, or the reason why it is skipped."""
    whens = [When(~Q(state__in=ACTIONS[action].states), then=F("state"))]
    if action == "retry":
        whens += [
            When(expires_at__lte=Now(), then=Value(EXPIRED)),
            When(Q(unique_key__isnull=False) & Q(IsNull(_holder(), False)), then=Value(HELD)),
        ]
        too_old = worth.too_old(tasks, now)
        whens += [When(too_old, then=Value(worth.STALE))] if too_old else []
    return Case(*whens, default=Value(FIT), output_field=CharField())


def _holder() -> Subquery:
    # Looked up job by job: for EXISTS the planner may prefer to read all unfinished jobs first.
    holders = Job.objects.filter(task=OuterRef("task"), unique_key=OuterRef("unique_key"), state__in=UNFINISHED)
    return Subquery(holders.values("pk")[:1])


def _ask(ready: Fated, choosy: Iterable[Task[..., Any]], fit: Counter[Place]) -> _Asked:
    """Show jobs to the tasks that want to be asked, up to `CHECKED` of them."""
    asked, left = _Asked(), CHECKED
    for task in choosy:
        there = sum(number for (_, name), number in fit.items() if name == task.name)
        calls = list(ready.filter(task=task.name).values_list("queue", "user_id", "arguments")[: min(left, there)])
        asked.unchecked += there - len(calls)
        left -= len(calls)
        for start in range(0, len(calls), PORTION):
            _note(asked, task, calls[start : start + PORTION])
    return asked


def _note(asked: _Asked, task: Task[..., Any], calls: Sequence[tuple[str, int | None, Any]]) -> None:
    told = worth.reasons(task, [arguments for *_, arguments in calls])
    for (queue, user, _), reason in zip(calls, told, strict=True):
        if reason:
            asked.reasons[reason] += 1
            asked.gone[queue, task.name] += 1
        elif user is None:
            asked.unowned += 1
        else:
            asked.users.add(user)


def _people(fated: Fated, tasks: Tasks, asked: _Asked, cap: int | None) -> tuple[int, int]:
    """Count the people of the jobs, and the jobs that are nobody's. Of jobs that were not shown, nobody is counted."""
    choosy = [name for name, task in tasks.items() if task.still_wanted is not None]
    inner, parameters = _some(fated, cap)
    values = [*parameters, FIT, choosy, list(asked.users)]
    users, unowned = rows(statements.PEOPLE.format(jobs=inner), values)[0]
    return users + len(asked.users), unowned + asked.unowned


def _summed(fit: Counter[Place], part: int) -> dict[str, int]:
    sums = Counter[str]()
    for place, number in fit.items():
        sums[place[part]] += number
    return dict(sums.most_common())
