"""What only one process at a time may do, over all workers.

The locks are PostgreSQL's advisory ones, bound to the transaction, so that they work through PgBouncer and go with a
connection that breaks.
"""

from __future__ import annotations

from enum import IntEnum, unique

from focusjobs.sql import rows


@unique
class Lock(IntEnum):
    """The keys, which no other user of the database has."""

    HOUSEKEEPING = 0xF0C05
    """A round of housekeeping."""
    SCHEDULES = 0xF0C06
    """Bringing the table of schedules in line with the code."""
    ERROR_GROUPS = 0xF0C07
    """Counting failures, so that no two wait for each other's groups."""
    OPERATION = 0xF0C08
    """One operation, told apart by its number: a step of its work, or what a person tells it."""


def hold(lock: Lock) -> None:
    """Wait for a lock, and hold it until the current transaction ends."""
    rows("SELECT pg_advisory_xact_lock(%s)", [int(lock)])


def hold_one(lock: Lock, number: int) -> None:
    """Wait for the lock of one thing, after all who asked for it before, and hold it until the transaction ends.

    A row is no such lock: PostgreSQL gives it to whoever asks when it is free, be others waiting or not. Numbers that
    are 2**31 apart share a lock.
    """
    rows("SELECT pg_advisory_xact_lock(%s, %s)", [int(lock), number % 2**31])


def try_to_hold(lock: Lock) -> bool:
    """Hold a lock until the current transaction ends, unless somebody else holds it; tell whether it is held."""
    return bool(rows("SELECT pg_try_advisory_xact_lock(%s)", [int(lock)])[0][0])
