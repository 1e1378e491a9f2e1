"""Closes that are killed in the middle: every day is closed once, as if nothing had happened."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F

from analytics.models import HabitState, UserClock, UserDay
from analytics.rollups.clocks import wind_clocks
from analytics.tasks import close_days
from focusjobs.jobs.models import Attempt, Job, Schedule
from habits.domain.calendar import ONE_DAY
from habits.domain.strength import decay
from habits.models import Habit, User
from tests.factories import unsynced
from tests.holding import held, waiting_backends
from tests.workers import Worker, eventually

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="processes are looked up in /proc")

PEOPLE = 400
DAYS = 6

# Every second day of each habit, so that strengths and streaks differ.
TICKS = """
    INSERT INTO habits_completion (user_id, habit_id, day, slot, client_id, value, skipped, note, recorded_zone, source,
                                   value_ms, value_device, note_ms, note_device, version, created_at, updated_at)
    SELECT h.user_id, h.id, c.last_closed - n, '', h.id || '-' || n, 1000, false, '', '', 'app', 0, '', 0, '', 1,
           now(), now()
    FROM habits_habit h JOIN analytics_userclock c ON c.user_id = h.user_id, generate_series(0, %s) AS n
    WHERE (h.id + n) %% 2 = 0
"""

# States of some strength and streak as of the last closed day, where all records are yet to come.
STATES = """
    INSERT INTO analytics_habitstate (habit_id, user_id, completions_version, strength, decay, target, window_sum,
        recent, computed_at, as_of, made_on, first_day, streak, best_streak, total, days, times, skips, weekdays, ticks,
        at_most, doubled)
    SELECT h.id, h.user_id, 0, h.id %% 10 / 10.0, %s, 0, 0, 0, now(), c.last_closed, c.last_closed, c.last_closed,
           h.id %% 5, 5, h.id %% 7, 1, 1, 0, 127, true, false, false
    FROM habits_habit h JOIN analytics_userclock c ON c.user_id = h.user_id
"""


@pytest.fixture(scope="module")
def people(workers: list[Worker]) -> None:
    """People whose clocks were set back by some days, with a habit each that was ticked on every other day."""
    Schedule.objects.update(enabled=False)
    User.objects.bulk_create(User(email=f"p{n}@example.com") for n in range(PEOPLE))
    while wind_clocks():
        pass
    with unsynced():
        Habit.objects.bulk_create(Habit(user=user, client_id="run", name="Run") for user in User.objects.all())
    with connection.cursor() as cursor, unsynced():
        cursor.execute(TICKS, [DAYS])
    back = timedelta(days=DAYS)
    UserClock.objects.update(
        last_closed=F("last_closed") - DAYS * ONE_DAY,
        began_at=F("began_at") - back,
        next_rollover_at=F("next_rollover_at") - back,
    )
    with connection.cursor() as cursor:
        cursor.execute(STATES, [decay(1, 1)])
        cursor.execute("TRUNCATE analytics_dirtymark")


def contents() -> tuple[list[Any], ...]:
    states = HabitState.objects.order_by("habit").values_list("habit", "as_of", "strength", "streak", "total")
    days = UserDay.objects.order_by("user", "day").values_list("user", "day", "due", "done", "outcomes", "strengths")
    clocks = UserClock.objects.order_by("user").values_list("user", "last_closed", "next_rollover_at")
    return list(states), list(days), list(clocks)


def closed() -> int:
    return UserDay.objects.count()


def test_a_close_that_is_killed_again_and_again_is_as_if_it_had_not_been(people: None, workers: list[Worker]) -> None:
    connection.close()
    snapshot("before")
    close_days()
    undisturbed = contents()
    restore("before")

    job = close_days.enqueue()
    for place in (PEOPLE // 3, PEOPLE * 2 // 3):
        with held(HabitState.objects.filter(pk=undisturbed[0][place][0])):
            workers[0].start()
            eventually(waiting_backends)
            workers[0].kill()
            assert Job.objects.get(pk=job.id).state == "active"
            assert closed() < PEOPLE * DAYS
    assert closed() > 0
    workers[0].start()
    eventually(lambda: Job.objects.filter(pk=job.id, state="completed").exists(), seconds=60)

    assert list(Attempt.objects.filter(job_id=job.id).values_list("outcome", flat=True)) == ["stalled"] * 2
    assert closed() == PEOPLE * DAYS
    assert contents() == undisturbed


TABLES = ("analytics_habitstate", "analytics_userclock")


def snapshot(name: str) -> None:
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"CREATE TABLE {name}_{table} AS TABLE {table}")


def restore(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE analytics_userday, analytics_streakevent, analytics_userweek, analytics_usermonth")
        for table in TABLES:
            cursor.execute(f"TRUNCATE {table}")
            cursor.execute(f"INSERT INTO {table} TABLE {name}_{table}")
            cursor.execute(f"DROP TABLE {name}_{table}")
