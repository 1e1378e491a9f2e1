"""Forgets what phones no longer need: old pushes, lost texts, and what was deleted long ago."""

from __future__ import annotations

from django.db import connection, transaction

from focusjobs.sql import rows
from habits.models import Habit

from .session import allow_erasing

KEEP_PUSHES = 30
"""Days for which a merged push can be looked at, and its Idempotency-Key is known."""

KEEP_TEXTS = 90
"""Days for which a text that lost can be given back."""

KEEP_DELETED = 180
"""Days for which a phone may be offline and still learn of a deletion; after that it fetches everything."""

BATCH = 1_000
"""Rows that one statement deletes at most, so that none holds locks for long."""

HABITS = 20
"""Habits that one transaction deletes at most; each may have thousands of days."""

# Pushes that were merged. Index: sync_push_received.
FORGET_PUSHES = """
    DELETE FROM habits_syncpush WHERE id IN (
        SELECT id FROM habits_syncpush
        WHERE received_at < now() - %(days)s * interval '1 day' AND merged_version IS NOT NULL
        ORDER BY received_at LIMIT %(batch)s
    )
"""

# Index: the one of `at`.
FORGET_TEXTS = """
    DELETE FROM habits_losttext WHERE id IN (
        SELECT id FROM habits_losttext WHERE at < now() - %(days)s * interval '1 day' ORDER BY at LIMIT %(batch)s
    )
"""

# Habits that were deleted. Index: habit_deleted.
OLD_HABITS = """
    SELECT id, user_id, version FROM habits_habit
    WHERE deleted AND updated_at < now() - %(days)s * interval '1 day'
    ORDER BY updated_at LIMIT %(batch)s
"""

# Phones that have not seen these deletions start anew. Index: the primary key.
RAISE_HORIZON = """
    UPDATE habits_syncstate s SET horizon = greatest(s.horizon, gone.version)
    FROM (
        SELECT s.user_id, gone.version
        FROM habits_syncstate s
        JOIN unnest(%(users)s::bigint[], %(versions)s::bigint[]) AS gone (user_id, version) USING (user_id)
        ORDER BY s.user_id FOR UPDATE OF s
    ) gone
    WHERE s.user_id = gone.user_id
"""


def forget() -> dict[str, int]:
    """Forget everything that is past its time and answer how much of each; stops and goes on where it left."""
    return {
        "pushes": _in_batches(FORGET_PUSHES, KEEP_PUSHES),
        "texts": _in_batches(FORGET_TEXTS, KEEP_TEXTS),
        "habits": _forget_habits(),
    }


def _in_batches(statement: str, days: int) -> int:
    forgotten = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(statement, {"days": days, "batch": BATCH})
            deleted: int = cursor.rowcount
        forgotten += deleted
        if deleted < BATCH:
            return forgotten


def _forget_habits() -> int:
    forgotten = 0
    while found := _forget_some_habits():
        forgotten += found
    return forgotten


@transaction.atomic
def _forget_some_habits() -> int:
    old = rows(OLD_HABITS, {"days": KEEP_DELETED, "batch": HABITS})
    versions: dict[int, int] = {}
    for _, user_id, version in old:
        versions[user_id] = max(version, versions.get(user_id, 0))
    rows(RAISE_HORIZON, {"users": list(versions), "versions": list(versions.values())})
    allow_erasing()
    # Restored meanwhile? The lock of the person's version, which every edit takes first, says that nobody is at it now.
    Habit.objects.filter(pk__in=[habit_id for habit_id, _, _ in old], deleted=True).delete()
    return len(old)
