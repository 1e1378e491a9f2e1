"""The jobs that run while machines are cut off; a worker loads them with `-I benchmarks.hosts.tasks`."""

from __future__ import annotations

import os
import socket
import time
from datetime import timedelta
from functools import cache

from django.db import connection

from focusjobs.jobs import Fixed, current_job, schedule, task

SOON = Fixed(wait=timedelta(seconds=0.2))
MANY = 1000
"""Attempts: PostgreSQL is often out of reach here."""

TABLES = """
CREATE TABLE hosts_batch (batch bigint PRIMARY KEY);
CREATE TABLE hosts_booking (n bigint NOT NULL, host text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE TABLE hosts_tick (job bigint NOT NULL, host text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE TABLE hosts_total (part int PRIMARY KEY, booked bigint NOT NULL);
INSERT INTO hosts_total SELECT part, 0 FROM generate_series(0, 19) part;
CREATE TABLE hosts_note (n bigint NOT NULL, host text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
"""

# Writes a row and counts it where others count theirs, so that who is cut off in the middle leaves a lock behind.
BOOK = """
WITH counted AS (UPDATE hosts_total SET booked = booked + 1 WHERE part = %s %% 20 RETURNING part)
INSERT INTO hosts_booking (n, host) SELECT %s, %s FROM counted
"""
TICK = "INSERT INTO hosts_tick (job, host) VALUES (%s, %s)"
NOTE = "INSERT INTO hosts_note (n, host) VALUES (%s, %s)"


@task(atomic=True, attempts=MANY, backoff=SOON)
def book(*, n: int, seconds: float) -> None:
    """Write a row in the transaction that completes the job, and take a while."""
    _write(BOOK, n, n)
    time.sleep(seconds)


@task(attempts=MANY, backoff=SOON)
def note(*, n: int, seconds: float) -> None:
    """Take a while, write a row at once, and a line into a file, which no network can keep from being written."""
    os.write(_file(), f"{n} {socket.gethostname()}\n".encode())
    time.sleep(seconds)
    _write(NOTE, n)


@task(atomic=True, attempts=MANY, backoff=SOON)
def tick() -> None:
    """Write a row for the job of a schedule."""
    _write(TICK, current_job().job_id)


schedule("hosts-tick", tick, every=timedelta(seconds=1), missed="all")


def _write(statement: str, *numbers: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [*numbers, socket.gethostname()])


@cache
def _file() -> int:
    return os.open(os.environ["HOSTS_FILE"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
