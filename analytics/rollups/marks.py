"""Marks what a change has outdated. Marks are only ever added, so that no change waits for the job that follows others.

A job that deletes the marks it has seen leaves those of a change that is not committed yet; that change has enqueued a
job of its own, which cannot start before.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from focusjobs.sql import array, bound_rows

MARK = """
    INSERT INTO analytics_dirtymark (user_id, habit_id, since)
    SELECT %(user)s, habit_id, since FROM unnest(%(habits)s::bigint[], %(since)s::date[]) AS m (habit_id, since)
"""

# Take a person's marks, of each habit the earliest day; no day is before all of them. Index: dirty_mark_of_user.
TAKE = """
    WITH taken AS (DELETE FROM analytics_dirtymark WHERE user_id = %s RETURNING habit_id, since)
    SELECT habit_id, CASE WHEN bool_and(since IS NOT NULL) THEN min(since) END FROM taken GROUP BY habit_id
"""


def mark(user_id: int, since: Mapping[int, date | None] | Mapping[None, date]) -> None:
    """Mark habits of a person, by number, as changed since a day; None as the habit is the person's focus."""
    bound_rows(MARK, {"user": user_id, "habits": array(since.keys()), "since": array(since.values())})


def take_marks(user_id: int) -> dict[int | None, date | None]:
    """Take the marks of a person whose clock the caller holds: since when what has changed, None for ever."""
    return dict(bound_rows(TAKE, [user_id]))
