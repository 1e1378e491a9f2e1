"""Background work of the notifications app.

Every minute `plan_reminders` takes the reminders that are due. It enqueues `dispatch_notifications` for the moments at
which people are to be told, which enqueues `deliver` for the transports. Each of them does what is due, whoever asked
for it and how often, so that none of them is needed in any particular number; what was lost is found a minute later.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import transaction

from focusjobs.jobs import current_job, schedule, task
from habits.signals import CountedWeek
from notifications import clock
from notifications.delivery.sending import send_due
from notifications.delivery.upkeep import expire, forget, retire_unseen, settle_lost, waiting
from notifications.planning.agenda import keep_in_step
from notifications.planning.dispatching import dispatch_due, is_anything_due
from notifications.planning.firing import fire_due
from notifications.planning.misplaced import people_with_misplaced
from notifications.planning.weekly_reports import plan_weekly_reports
from notifications.transports import configured

QUEUE = "notifications"

SLOT = 5
"""Seconds of the grid on which the moments of a spread are dispatched."""

ROUND = 20.0
"""Seconds after which a job that has more to do lets another one go on, so that a worker can stop in good time."""

EMAIL = "email"
"""The transport for e-mail."""


@task(queue=QUEUE, attempts=3, timeout=timedelta(minutes=2))
def plan_reminders() -> int:
    """Take all reminders that are due, and have told what is to be told; answer how many reminders that were."""
    taken, deadline = 0, time.monotonic() + ROUND
    slots: set[int] = set()
    while True:
        with transaction.atomic():
            now = clock.now()
            batch = fire_due(now)
            wanted = _dispatch_at(batch.moments, now, slots)
        slots |= wanted
        taken += batch.taken
        if batch.is_last:
            break
        if time.monotonic() > deadline:
            plan_reminders.using(unique_key="plan", unique_until="started").enqueue()
            break
    if is_anything_due(now):
        _dispatch_at([now], now)
    return taken


@task(queue=QUEUE, attempts=3, timeout=timedelta(minutes=2))
def dispatch_notifications() -> int:
    """Decide about all notifications whose moment has come, and have sent what is to be sent; answer how many."""
    email = EMAIL if EMAIL in configured() else ""
    taken, deadline = 0, time.monotonic() + ROUND
    while True:
        with transaction.atomic():
            batch = dispatch_due(clock.now(), email)
            deliver_by(batch.transports)
        taken += batch.taken
        if batch.is_last:
            return taken
        if time.monotonic() > deadline:
            dispatch_notifications.using(unique_key="more", unique_until="started").enqueue()
            return taken


@task(queue=QUEUE, attempts=3, timeout=timedelta(minutes=5))
def deliver(*, transport: str) -> dict[str, int]:
    """Send what is due through a transport; answer how many deliveries got which state."""
    progress = send_due(transport, ROUND, lambda: not current_job().is_cancelled())
    if progress.wait is not None:
        _deliver_later(transport, min(progress.wait, timedelta(minutes=1)))
    elif not progress.is_done:
        deliver_by([transport])
    return dict(progress.counts)


@task(queue=QUEUE, attempts=8, atomic=True)
def keep_reminders(*, user_id: int) -> int:
    """Bring a person's reminders to what their habits and their zone say; answer how many changed."""
    return keep_in_step(user_id, clock.now())


@task(queue=QUEUE, attempts=8)
def announce_weeks(*, weeks: list[tuple[int, str, str, dict[str, int | None]]]) -> int:
    """Plan the reports of weeks that have been counted, each for its person's time of reports; answer how many.

    weeks: of each the person, its first and its last day, and the facts of `habits.signals.CountedWeek`. In a
    transaction of its own, as jobs that shared one would take the slots of dispatches in any order and so block others.
    """
    counted = [
        CountedWeek(user, date.fromisoformat(first), date.fromisoformat(last), facts)
        for user, first, last, facts in weeks
    ]
    with transaction.atomic():
        moments = plan_weekly_reports(counted, now := clock.now())
        _dispatch_at(moments, now)
    return len(moments)


@task(queue=QUEUE, attempts=3, timeout=timedelta(minutes=30))
def check_reminders() -> int:
    """Have reminders computed anew that wait for another instant than their zone says; answer of how many people.

    So an update of the time zone data takes effect within a day of the workers' restart.
    """
    total = 0
    for people in people_with_misplaced():
        wanted = keep_reminders.using(unique_key="user:{user_id}", unique_until="started")
        wanted.enqueue_many({"user_id": person} for person in sorted(people))
        total += len(people)
    return total


@task(queue=QUEUE, attempts=3, timeout=timedelta(minutes=5))
def tend_deliveries() -> dict[str, int]:
    """See to deliveries whose sender vanished and to those that are too late, and have sent what was left behind."""
    now = clock.now()
    done = {"lost": settle_lost(now), "expired": expire(now)}
    deliver_by(waiting(now))
    return done


@task(queue=QUEUE, attempts=3, timeout=timedelta(hours=1))
def forget_notifications() -> dict[str, int]:
    """Delete what is past PUSH_KEEP_DAYS, and retire devices that nobody has used for long."""
    now = clock.now()
    return {"notifications": forget(now - settings.PUSH_KEEP), "devices": retire_unseen(now)}


def deliver_by(transports: Iterable[str]) -> None:
    """Have sent what is due through transports; a job that has not started yet does for this too."""
    wanted = deliver.using(unique_key="{transport}", unique_until="started")
    wanted.enqueue_many({"transport": transport} for transport in sorted(transports))


def _deliver_later(transport: str, wait: timedelta) -> None:
    deliver.using(unique_key=f"later:{transport}", unique_until="started", run_after=wait).enqueue(transport=transport)


def _dispatch_at(moments: Iterable[datetime], now: datetime, known: Collection[int] = ()) -> set[int]:
    """Have dispatched what is due at moments: one job for what is due now, and one for each slot of the grid.

    known: slots that have their job. Those that are near get another, since theirs may start at any time. Answers the
    slots of the moments.
    """
    moments = set(moments)
    if any(moment <= now for moment in moments):
        dispatch_notifications.using(unique_key="now", unique_until="started").enqueue()
    slots = {_slot_of(moment) for moment in moments if moment > now}
    near = now.timestamp() + SLOT
    for slot in sorted(slot for slot in slots if slot not in known or slot < near):
        run_after = datetime.fromtimestamp(slot, UTC)
        job = dispatch_notifications.using(unique_key=f"slot:{slot}", unique_until="started", run_after=run_after)
        job.enqueue()
    return slots


def _slot_of(moment: datetime) -> int:
    """Give the end of the slot that a moment lies in, in seconds since 1970."""
    return -(-int(moment.timestamp()) // SLOT) * SLOT


schedule("plan-reminders", plan_reminders, cron="* * * * *", overlap=False)
schedule("check-reminders", check_reminders, cron="23 1 * * *", overlap=False)
schedule("tend-deliveries", tend_deliveries, every=timedelta(seconds=30), overlap=False)
schedule("forget-notifications", forget_notifications, cron="41 3 * * *")
