"""`make bench BENCH=kills`: a night of 100,000 people whose worker is killed with -9 again and again.

The night is closed twice from the same beginning: undisturbed, and by a real worker that is killed at moments of the
dice of SEED, up to KILLS=12 times, until all that follows a close is done as well. Every day must have been closed
once, and what is stored must be the same. PEOPLE=100000, or 3,000 with QUICK=1. Last line: JSON; exit code 1 where
anything differs.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks import nightly
from benchmarks.celery_worker import CeleryWorker
from benchmarks.processes import wait_until
from benchmarks.servers import bench_servers

PEOPLE = int(os.environ.get("PEOPLE", "3000" if os.environ.get("QUICK") else "100000"))
KILLS = int(os.environ.get("KILLS", "5" if os.environ.get("QUICK") else "12"))
SEED = int(os.environ.get("SEED", "1"))
HISTORY = 8
"""Days with records before the one that is closed."""
LONGEST = 1.5
"""Seconds of work, at most, between two kills."""

# The people, habits and records of the nightly benchmark, up to yesterday.
RECORDS = nightly.RECORDS.replace(nightly.FIRST, "%(first)s::date")
STATES = nightly.STATES.replace(nightly.FIRST, "%(first)s::date")

# Clocks whose open day ended some minutes ago, and whose next one ends in the better part of an hour. The week of one
# in seven people is over with it; the day of one in a hundred is neutral, so their weekly habits are worked out anew.
# One in fifty has chosen another first weekday for the next week.
CLOCKS = """
INSERT INTO analytics_userclock (user_id, zone, day_start, week_start, last_closed, began_at, next_rollover_at, neutral,
                                 week_first, week_last)
SELECT u, zone, %(start)s, (extract(isodow FROM day)::int + u + (u %% 50 = 0)::int) %% 7, day - 1,
       ended - interval '1 day', ended, u %% 100 = 0, day - 6 + (u %% 7)::int, day + (u %% 7)::int
FROM generate_series(1, %(people)s) AS u
JOIN unnest(%(zones)s::text[], %(days)s::date[], %(ends)s::timestamptz[]) WITH ORDINALITY AS z (zone, day, ended, n)
     ON n = 1 + u %% cardinality(%(zones)s::text[])
ORDER BY u;
UPDATE analytics_habitstate s SET as_of = c.last_closed FROM analytics_userclock c WHERE c.user_id = s.user_id
"""

# Note each day that a committed transaction takes a clock over: one that is closed twice is there twice.
NOTES = """
CREATE TABLE bench_closed (user_id bigint, day date);
CREATE FUNCTION bench_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO bench_closed SELECT n.user_id, n.last_closed FROM new_rows n JOIN old_rows o USING (user_id)
    WHERE n.last_closed <> o.last_closed;
    RETURN NULL;
END $$;
CREATE TRIGGER bench_note AFTER UPDATE ON analytics_userclock REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION bench_note()
"""

TABLES = {
    "analytics_userclock": (),
    "analytics_habitstate": ("computed_at",),
    "analytics_userday": (),
    "analytics_streakevent": ("id", "noted_at"),
    "analytics_userweek": ("computed_at",),
    "analytics_usermonth": ("computed_at",),
    "analytics_dirtymark": ("id", "marked_at"),
}
"""What is compared, but for the columns that say when, or in which order, a row was written."""

# Rows that one run has and the other one lacks.
UNLIKE = """
SELECT count(*) FROM (
    (SELECT to_jsonb(one) - %(but)s::text[] FROM {table} AS one EXCEPT ALL
     SELECT to_jsonb(other) - %(but)s::text[] FROM calm_{table} AS other)
    UNION ALL
    (SELECT to_jsonb(other) - %(but)s::text[] FROM calm_{table} AS other EXCEPT ALL
     SELECT to_jsonb(one) - %(but)s::text[] FROM {table} AS one)
) AS unlike
"""

COUNT = "SELECT count(*) FROM {table}"
CLOSED = "SELECT count(*), count(DISTINCT (user_id, day)) FROM bench_closed"
LEFT = "SELECT count(*) FROM jobs_job WHERE queue = 'statistics' AND state IN ('waiting', 'delayed', 'active')"
FAILED = "SELECT id, error FROM jobs_job WHERE queue = 'statistics' AND state = 'failed'"


given_up: set[int] = set()


def main() -> int:
    """Close the night twice and compare."""
    os.environ.update(JOBS_LEASE_SECONDS="3", DJANGO_SETTINGS_MODULE="focusjobs.settings")
    with bench_servers(), tempfile.TemporaryDirectory(prefix="focusjobs-kills-") as directory:
        import django

        django.setup()
        found = _run(Path(directory))
    kept = not found["differences"] and found["closed"] == found["closed_once"] == PEOPLE
    print("As if nothing had happened." if kept else "A PROMISE WAS BROKEN.")
    print(json.dumps(found))
    return 0 if kept else 1


def _run(directory: Path) -> dict[str, Any]:
    began = time.perf_counter()
    _fill()
    _copy_to("begin")
    print(f"{PEOPLE:,} people after {time.perf_counter() - began:.0f} s", flush=True)
    calm_seconds, _ = _night(CeleryWorker("statistics", directory / "calm.log"), 0)
    _copy_to("calm")
    print(f"undisturbed: {_rows(CLOSED)[0]} in {calm_seconds:.0f} s", flush=True)
    _restore()
    seconds, worker = _night(CeleryWorker("statistics", directory / "killed.log"), KILLS)
    unlike = {table: _rows(UNLIKE.format(table=table), {"but": list(but)})[0][0] for table, but in TABLES.items()}
    ((closed, once),) = _rows(CLOSED)
    print(f"killed {worker.kills} times: {closed:,} closes of {once:,} days in {seconds:.0f} s", flush=True)
    print("rows that differ:", *(f"{table} {number}" for table, number in unlike.items()), flush=True)
    return {
        "people": PEOPLE,
        "kills": worker.kills,
        "jobs_retried_by_hand": len(given_up),
        "closed": closed,
        "closed_once": once,
        "differences": sum(unlike.values()),
        "rows": {table: _rows(COUNT.format(table=table))[0][0] for table in TABLES},
        "seconds_undisturbed": round(calm_seconds, 1),
        "seconds_killed": round(seconds, 1),
        "seconds": round(time.perf_counter() - began, 1),
        "seed": SEED,
    }


def _rows(statement: str, values: dict[str, Any] | None = None) -> list[Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def _fill() -> None:
    from django.db import transaction

    from habits.domain.calendar import day_start_instant, logical_date

    now = datetime.now(UTC)
    start = (now.minute - 5) % 60  # so that no day ends on the way
    days = [logical_date(zone, start, now) - timedelta(days=1) for zone in nightly.ZONES]
    zones = zip(nightly.ZONES, days, strict=True)
    ends = [day_start_instant(zone, start, day + timedelta(days=1)) for zone, day in zones]
    first = min(days) - timedelta(days=HISTORY)
    values = {"people": PEOPLE, "first": first, "days": HISTORY + 2, "eve": HISTORY, "start": start}
    with transaction.atomic():
        _rows("SELECT set_config('sync.version', 'benchmark', true)")
        _rows("SET LOCAL session_replication_role = replica")  # millions of rows whose references are there
        for statement in (*nightly.PEOPLE_ROWS.split(";"), RECORDS, STATES):
            _rows(statement, values)
        for statement in CLOCKS.split(";"):
            _rows(statement, {**values, "zones": nightly.ZONES, "days": days, "ends": ends})
        _rows(NOTES)
    _rows("UPDATE jobs_schedule SET enabled = false")
    _rows("VACUUM ANALYZE")


def _night(worker: CeleryWorker, kills: int) -> tuple[float, CeleryWorker]:
    """Have the days closed and all done that follows, with so many kills; give the seconds that it took."""
    from analytics.tasks import close_days

    dice = random.Random(SEED)  # noqa: S311 - moments that can be had again
    began = time.perf_counter()
    close_days.enqueue()
    try:
        while _left():
            worker.start()
            if worker.kills < kills:
                _wait_for_work(worker)
                time.sleep(dice.uniform(0.0, LONGEST))
                if _left():
                    worker.kill()
            else:
                wait_until(lambda: not _left(), 1200, "the night was not over")
    finally:
        worker.close()
    return time.perf_counter() - began, worker


def _left() -> int:
    """Count what is still to be done. A job that four workers held as they died is given up, and retried here."""
    from focusjobs.jobs import interventions

    if failed := _rows(FAILED):
        unlucky = [number for number, error in failed if "vanished" in error]
        assert len(unlucky) == len(failed), failed  # noqa: S101
        given_up.update(unlucky)
        interventions.retry(unlucky)
    return int(_rows(LEFT)[0][0])


def _wait_for_work(worker: CeleryWorker) -> None:
    """Wait until the worker that was just started has committed something, or there is nothing left."""
    before = _progress()
    wait_until(lambda: worker.start() or _progress() != before or not _left(), 300, "nothing moved")


def _progress() -> list[Any]:
    return [*_rows("SELECT count(*) FROM bench_closed"), *_rows(LEFT)]


def _copy_to(name: str) -> None:
    for table in TABLES:
        _rows(f"CREATE TABLE {name}_{table} AS TABLE {table}")


def _restore() -> None:
    _rows("ALTER TABLE analytics_userclock DISABLE TRIGGER bench_note")
    _rows(f"TRUNCATE {', '.join(TABLES)}, bench_closed, jobs_job CASCADE")
    for table in TABLES:
        _rows(f"INSERT INTO {table} TABLE begin_{table}")
    _rows("ALTER TABLE analytics_userclock ENABLE TRIGGER bench_note")
    _rows("VACUUM ANALYZE")


if __name__ == "__main__":
    sys.exit(main())
