"""Background work of the analytics app."""

from __future__ import annotations

from analytics.rollups import refresh_habit_state
from focusjobs.jobs import task


@task(queue="statistics", attempts=5)
def refresh_habit(*, habit_id: int) -> None:
    """Bring the stored statistics of a habit up to date. Doing it twice, or for a habit that is gone, does no harm."""
    refresh_habit_state(habit_id)
