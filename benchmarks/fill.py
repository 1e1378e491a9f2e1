"""`make fill JOBS=5000000`: a ledger full of made-up history, to see the console as it is after a busy week.

It fills the database at DATABASE_URL, or that of the demo that runs from this directory. What waits is on a queue that
is paused, since no worker could run it. What is there already stays.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from typing import Any

import psycopg

from benchmarks import fill_statements as statements

CHUNK = 250_000
PEOPLE = 20_000
DAYS = 7
"""How far the history goes back; completed jobs are kept as long unless the settings say otherwise."""

AFTERWARDS = ("COUNTED", "HOURS", "ATTEMPTS", "RESULTS", "TALLIES")
"""What follows from the jobs, in this order."""


def main() -> None:
    """Fill the ledger and tell how far it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=5_000_000)
    jobs = parser.parse_args().jobs
    if "DATABASE_URL" not in os.environ:
        _join_demo()
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        fill(connection, jobs)


def _join_demo() -> None:
    from focusjobs.dev.environment import join_running_demo
    from focusjobs.dev.errors import DevError

    try:
        join_running_demo()
    except DevError as error:
        sys.exit(str(error))


def fill(connection: psycopg.Connection[Any], jobs: int) -> None:
    """Write so many jobs, and all that belongs to them."""
    started = time.monotonic()
    after = connection.execute("SELECT coalesce(max(id), 0) FROM jobs_job").fetchone()
    people = min(PEOPLE, max(10, jobs // 20))
    values = {"jobs": jobs, "people": people, "days": DAYS, "after": after[0] if after else 0}
    connection.execute("SET synchronous_commit = off")
    for statement in (statements.PAUSE, statements.PEOPLE, statements.GROUPS):
        connection.execute(statement, values)
    for first in range(1, jobs + 1, CHUNK):
        last = min(jobs, first + CHUNK - 1)
        connection.execute(statements.JOBS, {**values, "first": first, "last": last})
        print(f"{last:,} jobs after {time.monotonic() - started:.0f} s", flush=True)
    connection.execute("ANALYZE jobs_job")
    for name in AFTERWARDS:
        connection.execute(getattr(statements, name), values)
    connection.execute("VACUUM ANALYZE")
    print(f"filled in {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
