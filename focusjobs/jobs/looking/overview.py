"""What needs a person: the state of the job layer in a few sentences, the most pressing first.

Nothing here costs more as the ledger grows: counts stop at a cap, and failures are counted by the tallies.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import redis
from django.conf import settings
from django.db.models import Q

from focusjobs.sql import rows

from ..domain.words import several, span
from ..models import ErrorGroup, Queue, Schedule, Worker
from ..telling import rounds
from . import throughput, workers
from .backlog import Backlog, backlogs
from .workers import Sign

logger = logging.getLogger(__name__)

LATE = timedelta(minutes=1)
"""How late the tick of a schedule may be."""

IDLE_HOUSE = timedelta(seconds=15)
"""Housekeeping goes round every half second; for so long it may be held up by something."""

FEW = 10
"""Fewer failures in an hour need nobody, whatever there were a week ago."""

ABANDONED_CAP = 1_000

# Leases that ran out a while ago and that no housekeeper has taken back. Index: job_leased.
ABANDONED = """
SELECT count(*) FROM (SELECT FROM jobs_job WHERE state = 'active' AND leased_until < now() - interval '10 s'
                      ORDER BY leased_until LIMIT %s) AS abandoned
"""


class Tone(StrEnum):
    """How bad something is, the worst first."""

    BAD = "bad"
    LATER = "later"
    OFF = "off"


@dataclass(frozen=True)
class Need:
    """Something that a person should look at; `kind` and `key` say at what."""

    tone: Tone
    words: str
    kind: str
    key: str = ""


@dataclass(frozen=True)
class QueueState:
    """A queue: what it has to do, how fast it is, what was said about it, and how many workers take from it."""

    name: str
    backlog: Backlog
    speed: throughput.Speed
    rules: Queue
    workers: int
    waited: timedelta
    """How long the oldest due job has waited; nothing where none waits."""

    @property
    def target(self) -> timedelta:
        """How long a due job may wait."""
        return self.rules.expected_wait or settings.JOBS_EXPECTED_WAIT

    @property
    def is_late(self) -> bool:
        """Tell whether its oldest job has waited longer than it may."""
        return self.waited > self.target

    @property
    def share(self) -> float:
        """How much of the time that a job may wait the oldest has used up, 0 to 1."""
        return min(1.0, self.waited / self.target)


def queue_states(now: datetime) -> list[QueueState]:
    """Give every queue that is configured or has a row, by name."""
    kept = {queue.name: queue for queue in Queue.objects.all()}
    speeds, live = throughput.speeds(now), workers.live_workers()
    return [
        QueueState(
            name=work.queue,
            backlog=work,
            speed=speeds.get(work.queue, throughput.Speed(work.queue)),
            rules=kept.get(work.queue) or Queue(name=work.queue),
            workers=sum(work.queue in worker.queues for worker in live),
            waited=max(timedelta(0), now - work.oldest) if work.oldest else timedelta(0),
        )
        for work in backlogs(sorted({*settings.JOBS_QUEUES, *kept}))
    ]


def needs(states: Sequence[QueueState], now: datetime) -> list[Need]:
    """Give what needs a person, the most pressing first."""
    found = [*_of_workers(now), *_of_housekeeping(now), *_of_queues(states), *_of_failures(now), *_of_schedules(now)]
    return sorted(found, key=lambda need: list(Tone).index(need.tone))


def _of_workers(now: datetime) -> Iterator[Need]:
    known = [(worker, workers.state_of(worker, now)) for worker in Worker.objects.order_by("name")]
    if not any(state is Sign.LIVE for _, state in known):
        yield Need(Tone.BAD, "No worker is alive: nothing runs.", "workers")
    for worker, state in known:
        if state is Sign.SILENT:
            ago = span(now - worker.seen_at)
            yield Need(Tone.LATER, f"The worker {worker.name} fell silent {ago} ago.", "workers")
    abandoned = rows(ABANDONED, [ABANDONED_CAP + 1])[0][0]
    if abandoned:
        words = f"{several(abandoned, 'job', ABANDONED_CAP)} held by workers that vanished."
        yield Need(Tone.BAD, words, "jobs", "state:active")


def _of_housekeeping(now: datetime) -> Iterator[Need]:
    try:
        last = rounds.last_round()
    except redis.RedisError as error:
        logger.warning("Redis is away", extra={"error": str(error)})
        yield Need(Tone.BAD, "Redis does not answer: new jobs start late.", "workers")
        return
    idle = timedelta(seconds=now.timestamp() - last) if last is not None else timedelta(0)
    if idle > IDLE_HOUSE:
        words = f"Housekeeping last went round {span(idle)} ago: due jobs and schedules start late."
        yield Need(Tone.BAD, words, "workers")


def _of_queues(states: Sequence[QueueState]) -> Iterator[Need]:
    for state in states:
        if state.rules.paused_at:
            yield Need(Tone.LATER if state.is_late else Tone.OFF, _pause(state.rules), "queue", state.name)
            continue
        if state.is_late:
            waited, target = span(state.waited), span(state.target)
            words = f"The oldest job of the queue {state.name} has waited {waited}; the target is {target}."
            yield Need(Tone.BAD, words, "queue", state.name)
        if state.backlog.waiting and not state.workers:
            yield Need(Tone.BAD, f"No worker takes from the queue {state.name}.", "queue", state.name)


def _pause(queue: Queue) -> str:
    by = f" by {queue.paused_by}" if queue.paused_by else ""
    reason = f": {queue.pause_reason}" if queue.pause_reason else ""
    return f"The queue {queue.name} is paused{by}{reason}".rstrip(".") + "."


def _of_failures(now: datetime) -> Iterator[Need]:
    lately, then = throughput.failed_lately(now)
    if lately > max(FEW, 2 * then):
        words = f"{several(lately, 'job')} failed in the last hour, {then:,} in the same hour last week."
        yield Need(Tone.BAD, words, "jobs", "state:failed since:1h")
    back = ErrorGroup.objects.filter(state=ErrorGroup.State.OPEN, regressed_at__gte=now - timedelta(days=1))
    for group in back.order_by("-last_seen")[:3]:
        fixed = f"it was fixed in {group.fixed_in}" if group.fixed_in else "it was said to be fixed"
        yield Need(Tone.BAD, f"{group.exception} in {group.task} is back, though {fixed}.", "group", str(group.pk))


def _of_schedules(now: datetime) -> Iterator[Need]:
    late = Schedule.objects.filter(enabled=True).filter(Q(next_run_at__lt=now - LATE) | ~Q(problem=""))
    for schedule in late.order_by("next_run_at")[:5]:
        key = str(schedule.pk)
        if schedule.next_run_at and schedule.next_run_at < now - LATE:
            words = f"The schedule {schedule.name} is {span(now - schedule.next_run_at)} late."
            yield Need(Tone.BAD, words, "schedule", key)
        else:
            yield Need(Tone.LATER, f"The schedule {schedule.name}: {schedule.problem}", "schedule", key)
