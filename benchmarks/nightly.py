"""`make bench BENCH=nightly`: what closing everybody's day costs PostgreSQL, at several lengths of history.

Every length is measured on tables of its own size: people with five habits each in 12 zones, dense records. The cost is
the CPU time of the one backend that closes (`/proc/PID/schedstat`), beside that of a bare scan of the same records and
of a loop over Django's models. The last line is JSON; PEOPLE=100000 LENGTHS=30,90 measures others.
"""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

from benchmarks.servers import bench_servers

QUICK = bool(os.environ.get("QUICK"))
PEOPLE = int(os.environ.get("PEOPLE", "2400" if QUICK else "12000"))
LENGTHS = tuple(map(int, os.environ.get("LENGTHS", "30,90" if QUICK else "30,90,365").split(",")))
NIGHTS = 5
"""The cheapest of them counts, since others of the machine only make nights dearer."""

LOOPED = 20 if QUICK else 100
"""People whose day the plain loop closes; its cost is that of each of them."""

FIRST_DAY, FIRST = date(2026, 1, 1), "date '2026-01-01'"

CLEAR = """
TRUNCATE habits_user, analytics_userclock, analytics_habitstate, analytics_userday, analytics_streakevent,
         analytics_userweek, analytics_usermonth, habits_habit, habits_completion CASCADE
"""

# Of each person's habits three are daily ticks (one on workdays), one is ticked n times a week, one is an amount, which
# is for a week with a quarter of the people and a limit with another.
PEOPLE_ROWS = """
INSERT INTO habits_user (id, email, name, password, is_staff, is_active, is_superuser, timezone, day_start, week_start,
                         locale)
SELECT u, 'p' || u || '@example.com', '', '', false, true, false, 'UTC', 0, 0, 'en'
FROM generate_series(1, %(people)s) AS u;
INSERT INTO habits_habit (id, user_id, client_id, name, question, notes, category, color, kind, freq_num, freq_den,
    weekdays, target_type, target_value, unit, reminder_weekdays, position, deleted, updated_at, completions_version,
    stamps, version)
SELECT u * 5 + h, u, 'h' || h, 'Habit', '', '', '', '', CASE WHEN h < 4 THEN 'yes_no' ELSE 'measured' END,
    CASE WHEN h = 3 THEN 1 + u %% 5 ELSE 1 END,
    CASE WHEN h = 3 OR h = 4 AND u %% 4 = 1 THEN 7 ELSE 1 END, CASE WHEN h = 2 THEN 31 ELSE 127 END,
    CASE WHEN h = 4 AND u %% 4 = 0 THEN 'at_most' ELSE 'at_least' END, 1.5, '', 127, h, false, now(), 0, '{}', 1
FROM generate_series(1, %(people)s) AS u, generate_series(0, 4) AS h ORDER BY 1
"""

# Records lie in the heap in the order of days, as people make them; a seventh of the days has none.
RECORDS = """
INSERT INTO habits_completion (user_id, habit_id, day, slot, client_id, value, skipped, note, recorded_at,
    recorded_zone, source, value_ms, value_device, note_ms, note_device, version, created_at, updated_at)
SELECT u, u * 5 + h, {first} + d, '', h || '-' || d, CASE WHEN r < 0.05 THEN NULL WHEN h = 4 THEN (r * 3000)::bigint
           WHEN r < 0.75 THEN 1000 ELSE 0 END,
       r < 0.05, '', {first} + d + r * interval '23 hours', 'UTC', 'app', 1, 'device', 0, '', 1, now(), now()
FROM generate_series(0, %(days)s - 1) AS d, generate_series(1, %(people)s) AS u, generate_series(0, 4) AS h,
     LATERAL (SELECT random() + 0 * (d + u + h) AS r, random() + 0 * (d + u + h) AS p) AS dice
WHERE p < 0.85
""".replace("{first}", FIRST)

# What has to be kept up with each row of a table, in the order in which it can be dropped: references from and to it,
# its other constraints, the indexes that are of none of them.
KEPT_UP = """
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
       format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid)), contype
FROM pg_constraint
WHERE conrelid = %(table)s::regclass AND contype IN ('p', 'u', 'f') OR confrelid = %(table)s::regclass
UNION ALL
SELECT format('DROP INDEX %%s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid), 'z'
FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.conrelid = i.indrelid
WHERE i.indrelid = %(table)s::regclass AND c.oid IS NULL
ORDER BY 3
"""

ZONES = [f"Etc/GMT{hours:+d}" for hours in range(-11, 13, 2)]
"""Midnights two hours apart; at each of them a twelfth of the people, a whole batch."""

# Clocks as of some nights before the last record; neighbours live in different zones.
CLOCKS = """
INSERT INTO analytics_userclock (user_id, zone, day_start, week_start, last_closed, began_at, next_rollover_at, neutral,
                                 week_first, week_last)
SELECT u, zone, 0, 0, {first} + %(eve)s, at - interval '1 day', at, false, {first} + %(eve)s, {first} + 4000
FROM generate_series(1, %(people)s) AS u
JOIN unnest(%(zones)s::text[], %(ends)s::timestamptz[]) WITH ORDINALITY AS z (zone, at, n)
     ON n = 1 + u %% cardinality(%(zones)s::text[])
ORDER BY u
""".replace("{first}", FIRST)

# States as all records up to the eve come to, roughly: what a close costs does not hang on their values.
STATES = """
INSERT INTO analytics_habitstate (habit_id, user_id, completions_version, strength, decay, target, window_sum, recent,
    computed_at, as_of, made_on, first_day, streak, best_streak, total, run_start, run_end, days, times, skips,
    weekdays, ticks, at_most, doubled)
SELECT id, user_id, 0, 0.5, power(0.5, sqrt(freq_num::float8 / freq_den) / 13), target_value, 3, 5, now(),
       {first} + %(eve)s, {first}, {first}, 2, 5, 20, CASE WHEN freq_den = 7 THEN {first} END,
       CASE WHEN freq_den = 7 THEN {first} + 3000 END, freq_den, freq_num, 0, weekdays, kind = 'yes_no',
       target_type = 'at_most', kind = 'yes_no' AND freq_num < freq_den
FROM habits_habit ORDER BY user_id, id
""".replace("{first}", FIRST)


def main() -> None:
    """Measure each length of history and print a line for each."""
    with bench_servers():
        import django

        os.environ["DJANGO_SETTINGS_MODULE"] = "focusjobs.settings"
        django.setup()
        found = {str(days): _measure(days) for days in LENGTHS}
    last = found[str(LENGTHS[-1])]
    print(json.dumps({**last, "lengths": found}))


def _measure(days: int) -> dict[str, float]:
    _fill(days)
    nights = [_night(days, n) for n in range(NIGHTS)]
    cost = min(nights)
    scan, loop = _scan(), _loop()
    figures = {
        "user_days_per_cpu_s": round(PEOPLE / cost),
        "ratio_to_scan": round(cost / scan, 2),
        "ratio_to_orm": round(loop / (cost / PEOPLE), 1),
    }
    print(f"{days} days:", *(f"{name} {value:,}" for name, value in figures.items()), flush=True)
    return figures


def _sql(statement: str, values: dict[str, Any] | None = None) -> list[Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, values or {})
        return cursor.fetchall() if cursor.description else []


def _fill(days: int) -> None:
    from django.db import transaction

    from analytics.rollups.closing import day_end

    ends = [day_end(zone, 0, FIRST_DAY + timedelta(days=days - NIGHTS)) for zone in ZONES]
    values = {"people": PEOPLE, "days": days, "eve": days - NIGHTS - 1, "zones": ZONES, "ends": ends}
    with transaction.atomic():
        _sql("SET LOCAL session_replication_role = replica")  # without triggers
        _sql(CLEAR)
        for statement in PEOPLE_ROWS.split(";"):
            _sql(statement, values)
        _fill_bare("habits_completion", RECORDS, values)
        for statement in (CLOCKS, STATES):
            _sql(statement, values)
    _sql("VACUUM ANALYZE")
    _sql("CHECKPOINT")


def _fill_bare(table: str, statement: str, values: dict[str, Any]) -> None:
    """Insert millions of rows three times as quickly, with their indexes made afterwards."""
    kept_up = _sql(KEPT_UP, {"table": table})
    _sql("SET LOCAL maintenance_work_mem = '512MB'")
    for drop, _, _ in kept_up:
        _sql(drop)
    _sql(statement, values)
    for _, add, _ in reversed(kept_up):
        _sql(add)


def _night(days: int, number: int) -> float:
    """Close everybody's day, in batches as their midnights come, and give the CPU seconds that it took."""
    from django.db import transaction

    from analytics.rollups.closing import close_batch

    earliest = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=days - NIGHTS + number, hours=13)
    _sql("CHECKPOINT")
    before, closed = _cpu(), 0
    for hour in range(24):
        while True:
            with transaction.atomic():
                batch = close_batch(earliest + hour * timedelta(hours=1), 1000)
            closed += batch.users
            if not batch.users:
                break
    assert closed == PEOPLE, (closed, PEOPLE)  # noqa: S101
    return _cpu() - before


def _scan() -> float:
    before = _cpu()
    _sql("SET max_parallel_workers_per_gather = 0")
    _sql("SELECT count(*), sum(value) FROM habits_completion")
    return _cpu() - before


def _loop() -> float:
    """Close a day of some people by a plain loop over models, and give the CPU seconds of each, on both sides."""
    from analytics.models import HabitState, UserClock
    from habits.models import Completion

    before, began = _cpu(), time.process_time()
    for clock in UserClock.objects.order_by("user_id")[:LOOPED]:
        for state in HabitState.objects.filter(user_id=clock.user_id):
            record = Completion.objects.filter(habit_id=state.habit_id, day=clock.last_closed).first()
            done = bool(record and record.value)
            state.strength = state.strength * state.decay + done * (1 - state.decay)
            state.streak = state.streak + 1 if done else 0
            state.total += done
            state.save()
        clock.save()
    return (_cpu() - before + time.process_time() - began) / LOOPED


def _cpu() -> float:
    """Give the CPU seconds of this connection's backend."""
    ((pid,),) = _sql("SELECT pg_backend_pid()")
    with open(f"/proc/{pid}/schedstat") as file:
        return int(file.read().split()[0]) / 1e9


if __name__ == "__main__":
    main()
