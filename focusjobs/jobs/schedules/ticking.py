"""Schedules at work: each tick makes its jobs and moves the schedule on in one transaction, exactly once.

Any number of workers and beats call `tick`. A due schedule is claimed by its row (`FOR UPDATE SKIP LOCKED`), its jobs
are inserted and `next_run_at` is advanced before the row is free again, so that a second process finds nothing due.
All times are the database's. A schedule that cannot make a job says why in `problem` and holds up none of the others.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.contrib.postgres.functions import TransactionNow
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q

from focusjobs.sql import rows

from .. import ledger
from ..declaring.registry import find
from ..domain.cron import InvalidSchedule, zone_of
from ..domain.job import EnqueuedJob, NewJob
from ..domain.ticks import Rhythm, next_ticks, rhythm_of, ticks_between
from ..errors import InvalidArguments, UnknownQueue, UnknownTask
from ..ledger.inserting import check_queue
from ..models import Schedule

logger = logging.getLogger(__name__)

MAX_MISSED = 100
"""Jobs that one schedule makes at most for the ticks it missed: the newest."""

GRACE = timedelta(minutes=1)
"""How late a tick may be and still count as on time, where missed ticks are skipped; a restart takes less."""

DUE = Q(enabled=True, next_run_at__lte=TransactionNow())


def tick() -> int:
    """Make the jobs of every due schedule, and answer how many. Index: schedule_due."""
    due = Schedule.objects.filter(DUE).order_by("next_run_at", "pk").values_list("pk", flat=True)
    return sum(_tick_one(pk) for pk in due)


def _tick_one(pk: int) -> int:
    with transaction.atomic():
        schedule = Schedule.objects.select_for_update(skip_locked=True).filter(DUE, pk=pk).first()
        return 0 if schedule is None else _fire(schedule, database_time())


def _fire(schedule: Schedule, now: datetime) -> int:
    """Make the jobs of a due and locked schedule and move it on."""
    try:
        with transaction.atomic():
            made = [job for job in _make_jobs(schedule, now) if job.created]
    except (OperationalError, InterfaceError):
        raise
    except UnknownTask as error:
        # It stays due: during a rollout some workers know the task already and others do not yet.
        _note(schedule, str(error))
        return 0
    except Exception as error:  # whatever is wrong with one schedule must not stop the others
        _note(schedule, str(error) or type(error).__name__)
        made = []
    schedule.next_run_at = _next_or_none(schedule, now)
    schedule.save(update_fields=["next_run_at", "last_run_at", "last_job_id", "problem"])
    return len(made)


def _make_jobs(schedule: Schedule, now: datetime) -> Sequence[EnqueuedJob]:
    ticks, note = due_ticks(schedule, now)
    jobs = ledger.insert([job_of(schedule, run_at=moment) for moment in ticks]) if ticks else []
    if jobs and not jobs[-1].created:
        note = f"Its job {jobs[-1].id} was unfinished, so that this tick made none."
    elif jobs:
        schedule.last_run_at, schedule.last_job_id = now, jobs[-1].id
    if schedule.problem != note:
        _note(schedule, note)
    return jobs


def due_ticks(schedule: Schedule, now: datetime) -> tuple[list[datetime], str]:
    """Give the ticks up to now that are to make jobs, oldest first, and a word about those that are not.

    Raises `InvalidSchedule`.
    """
    due = schedule.next_run_at or now
    every_one = schedule.missed == Schedule.Missed.ALL and schedule.overlap
    later = ticks_between(rhythm(schedule), due, now, MAX_MISSED if every_one else 1)
    ticks = [due, *later]
    if every_one:
        note = f"More than {MAX_MISSED} ticks were missed; the newest {MAX_MISSED} made jobs."
        return ticks[-MAX_MISSED:], note if len(ticks) > MAX_MISSED else ""
    if schedule.missed == Schedule.Missed.SKIP and now - ticks[-1] > GRACE:
        return [], f"The tick of {ticks[-1]:%Y-%m-%d %H:%M:%S} UTC was missed and skipped."
    return ticks[-1:], ""


def job_of(schedule: Schedule, run_at: datetime | None = None) -> NewJob:
    """Give a job of a schedule, unwritten. Raises `InvalidJob`; `UnknownTask` where this process has no such task."""
    task = find(schedule.task)
    if not isinstance(schedule.arguments, dict):
        raise InvalidArguments(f"{schedule.task}: arguments go by name: {{“name”: value}}.")
    key = None if schedule.overlap else f"schedule:{schedule.pk}"
    call = task.using(queue=schedule.queue or None, run_after=run_at, unique_key=key)
    return replace(call.job(**schedule.arguments), schedule_id=schedule.pk)


def run_now(schedule: Schedule) -> EnqueuedJob:
    """Make a job of a schedule at once, beside its ticks; where jobs must not overlap, answer an unfinished one.

    Raises `InvalidJob`.
    """
    with transaction.atomic():
        locked = Schedule.objects.select_for_update().get(pk=schedule.pk)
        (job,) = ledger.insert([job_of(locked)])
        Schedule.objects.filter(pk=locked.pk).update(last_run_at=database_time(), last_job_id=job.id)
    return job


def set_enabled(pks: Iterable[int], enabled: bool) -> list[Schedule]:
    """Turn schedules on or off; answer those that were otherwise. Ticks that passed meanwhile are not made up for."""
    with transaction.atomic():
        changed = list(Schedule.objects.select_for_update().filter(pk__in=pks, enabled=not enabled).order_by("pk"))
        for schedule in changed:
            schedule.enabled = enabled
            restart(schedule)
            schedule.save(update_fields=["enabled", "next_run_at", "problem"])
    return changed


def restart(schedule: Schedule) -> None:
    """Set the next tick from now on, as after a change of its rhythm; the row is not saved."""
    schedule.problem = ""
    schedule.next_run_at = None
    schedule.next_run_at = _next_or_none(schedule, database_time())


def rhythm(schedule: Schedule) -> Rhythm:
    """Give the ticks of a schedule; an interval's go through its next run. Raises `InvalidSchedule`."""
    return rhythm_of(schedule.cron, schedule.every, schedule.timezone, schedule.next_run_at)


def upcoming(schedule: Schedule, count: int) -> list[datetime]:
    """Give the next runs in the schedule's zone: none where it is off or cannot be read."""
    if not schedule.enabled or schedule.next_run_at is None:
        return []
    try:
        ticks = [schedule.next_run_at, *next_ticks(rhythm(schedule), schedule.next_run_at, count - 1)]
        return [moment.astimezone(zone_of(schedule.timezone)) for moment in ticks]
    except InvalidSchedule:
        return []


def words(schedule: Schedule) -> str:
    """Say in plain English when a schedule runs, or what it says where that cannot be read."""
    try:
        return rhythm(schedule).words()
    except InvalidSchedule:
        return schedule.cron or f"every {schedule.every}"


def faults(schedule: Schedule) -> dict[str, str]:
    """Say what keeps a schedule from making jobs, by field; nothing where it can."""
    found: dict[str, str] = {}
    try:
        zone_of(schedule.timezone)
    except InvalidSchedule as error:
        found["timezone"] = str(error)
    try:
        rhythm_of(schedule.cron, schedule.every, "UTC")
    except InvalidSchedule as error:
        found["every" if schedule.every is not None else "cron"] = str(error)
    if schedule.missed not in Schedule.Missed.values:
        found["missed"] = f"missed is one of {', '.join(Schedule.Missed.values)}, not “{schedule.missed}”."
    try:
        check_queue(job_of(schedule).queue)
    except UnknownTask as error:
        found["task"] = str(error)
    except UnknownQueue as error:
        found["queue"] = str(error)
    except Exception as error:  # an application's own limit may refuse arguments in any way
        found["arguments"] = str(error) or type(error).__name__
    return found


def _next_or_none(schedule: Schedule, now: datetime) -> datetime | None:
    try:
        return rhythm(schedule).next_after(now)
    except InvalidSchedule as error:
        schedule.problem = str(error)[:500]
        return None


def _note(schedule: Schedule, problem: str) -> None:
    """Keep why a tick made no job, once, however often it is found."""
    problem = problem[:500]
    if schedule.problem == problem:
        return
    schedule.problem = problem
    schedule.save(update_fields=["problem"])
    if problem:
        logger.warning("schedule %s: %s", schedule.name, problem, extra={"schedule": schedule.name})


def database_time() -> datetime:
    """Give the start of the current transaction by the database's clock, the `now()` of the ledger's statements."""
    moment: datetime = rows("SELECT now()")[0][0]
    return moment
