"""Marks what a change has outdated."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from analytics.rollups.rows import array, rows

# Mark habits of a person since the earliest day of this and former marks; no day is before all of them. In the order
# of their numbers, so that two changes at once wait for each other and never in a circle. Index: dirty_mark_unique.
MARK = """
    INSERT INTO analytics_dirtymark AS mark (user_id, habit_id, since)
    SELECT %(user)s, habit_id, since FROM unnest(%(habits)s::bigint[], %(since)s::date[]) AS m (habit_id, since)
    ORDER BY habit_id
    ON CONFLICT (user_id, habit_id) DO UPDATE
    SET since = CASE WHEN mark.since IS NOT NULL AND excluded.since IS NOT NULL
                     THEN least(mark.since, excluded.since) END
"""


def mark(user_id: int, since: Mapping[int, date | None] | Mapping[None, date]) -> None:
    """Mark habits of a person, by number, as changed since a day; None as the habit is the person's focus."""
    rows(MARK, {"user": user_id, "habits": array(since.keys()), "since": array(since.values())})
