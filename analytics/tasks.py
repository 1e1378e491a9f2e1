"""Background work of the analytics app."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from analytics.domain.pace import REST, Pace, pause
from analytics.domain.periods import Period
from analytics.models import UserMonth
from analytics.rollups.announcing import announce_weeks
from analytics.rollups.clocks import hold_clocks, wind_clocks
from analytics.rollups.closing import Closed, close_batch
from analytics.rollups.following import follow_changes, work_out
from analytics.rollups.inspecting import inspect_night
from analytics.rollups.load import other_statements
from analytics.rollups.periods import in_batches, roll_up, roll_up_closed_weeks
from focusjobs.jobs import Snooze, current_job, schedule, task

GATHERING = timedelta(seconds=10)
"""How long further changes share the job of the first. What is read of an open day does not wait for it."""

PERSON = "person:{user_id}"
"""Unique key of the job that puts a person's statistics right."""


@task(queue="statistics", attempts=5)
def refresh_person(*, user_id: int) -> None:
    """Put a person's statistics right after changes. Doing it twice, or for somebody who is gone, does no harm."""
    follow_changes(user_id)


@task(queue="statistics", attempts=5)
def refresh_habit(*, habit_id: int) -> None:
    """Work a habit out anew from its first day on, as an operator may want. One that is gone does no harm."""
    work_out(habit_id)


@task(queue="statistics", attempts=5)
def sum_up_weeks(*, weeks: list[tuple[int, str, str]]) -> None:
    """Sum up people's weeks that have just ended, and tell the other apps of them.

    weeks: of each the person, its first and its last day. May be repeated; a week is then told of again, and the other
    apps do nothing the second time. Late edits sum weeks up too, but tell nobody.
    """
    for batch in in_batches(_periods(weeks)):
        with transaction.atomic():
            hold_clocks([user for user, _ in batch])
            roll_up_closed_weeks(batch)
            announce_weeks(batch)


@task(queue="statistics", attempts=5)
def sum_up_months(*, months: list[tuple[int, str, str]]) -> None:
    """Sum up people's months, given as to `sum_up_weeks`."""
    for batch in in_batches(_periods(months)):
        with transaction.atomic():
            hold_clocks([user for user, _ in batch])
            roll_up(UserMonth, batch)


@task(queue="statistics", attempts=5)
def close_days() -> dict[str, int]:
    """Close the days of everybody whose day is over. Killed at any moment, it goes on where it was.

    In a busy database it goes slowly, and puts itself off after a while, but for days that have waited too long.
    """
    closed = 0
    for batch, pace in close_due_days():
        closed += batch.users
        current_job().progress(closed, note="days closed")
        if batch.oldest and pace.gives_way(timezone.now() - batch.oldest, settings.STATISTICS_DEADLINE):
            raise Snooze(REST)
        if pace.is_busy:
            time.sleep(pause(batch.seconds))
    return {"closed": closed}


@task(queue="statistics", attempts=3)
def start_clocks() -> dict[str, int]:
    """Start the clocks of people who were made past Django's signals."""
    started = wind_clocks()
    follow_up(Closed(unsure=started))
    return {"started": len(started)}


@task(queue="statistics", attempts=5)
def inspect_statistics() -> dict[str, int]:
    """Compare the statistics of a thirtieth of all people with their records; goes on where it was stopped."""
    counts = {"users": 0, "drifts": 0}
    for inspection in inspect_night(timezone.now().date()):
        counts = {"users": inspection.users, "drifts": inspection.drifts}
        current_job().progress(inspection.users, note="people compared")
    return counts


schedule("close-days", close_days, every=timedelta(minutes=1), overlap=False)
schedule("start-clocks", start_clocks, every=timedelta(minutes=10), overlap=False)
schedule("inspect-statistics", inspect_statistics, cron="40 2 * * *", overlap=False)


def close_due_days() -> Iterator[tuple[Closed, Pace]]:
    """Close one batch after another, each in a transaction of its own, until no day is over any more.

    Gives each batch with the pace that follows from it; who asks for the next one waits as long as that says.
    """
    pace = Pace()
    while (closed := close_one_batch(timezone.now(), pace.batch)).users:
        pace = pace.after(closed.users, closed.seconds, other_statements(), settings.STATISTICS_BUSY_BACKENDS)
        yield closed, pace


@transaction.atomic
def close_one_batch(now: datetime, limit: int) -> Closed:
    """Close a batch of days and enqueue what has to follow, both or neither."""
    closed = close_batch(now, limit)
    follow_up(closed)
    return closed


def follow_up(closed: Closed) -> None:
    """Enqueue what has to follow a close, in the caller's transaction."""
    refresh_people(closed.unsure)
    if closed.weeks:
        sum_up_weeks.enqueue(weeks=_as_json(closed.weeks))
    if closed.months:
        sum_up_months.enqueue(months=_as_json(closed.months))


def refresh_people(users: Sequence[int]) -> None:
    """Enqueue the job that puts statistics right, one for each person however often it is asked for until it starts.

    The key is free from the start of the job, since a change after that may come too late for it.
    """
    refresh = refresh_person.using(unique_key=PERSON, unique_until="started")
    refresh.enqueue_many({"user_id": user} for user in dict.fromkeys(users))


def refresh_soon(user_id: int) -> None:
    """Enqueue the same job after a moment, so that it follows all that a person ticks in a row."""
    key = PERSON.format(user_id=user_id)
    refresh = refresh_person.using(unique_key=key, unique_until="started", user=user_id, run_after=GATHERING)
    refresh.enqueue(user_id=user_id)


def _as_json(periods: Sequence[tuple[int, Period]]) -> list[tuple[int, str, str]]:
    return [(user, period.first.isoformat(), period.last.isoformat()) for user, period in periods]


def _periods(rows: Sequence[tuple[int, str, str]]) -> list[tuple[int, Period]]:
    return [(user, Period(date.fromisoformat(first), date.fromisoformat(last))) for user, first, last in rows]
