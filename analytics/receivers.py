"""What the analytics app does when habits change: it enqueues jobs, in the transaction of the change."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from analytics.tasks import refresh_habit
from habits.signals import completions_changed


@receiver(completions_changed, dispatch_uid="analytics.refresh_changed_habits")
def refresh_changed_habits(*, habit_ids: list[int], user_id: int, **_: Any) -> None:
    """Have the statistics of changed habits refreshed, by one job each however often a habit changes until it starts.

    The key is free from the start of the job, since a change after that may come too late for it.
    """
    refresh = refresh_habit.using(unique_key="habit:{habit_id}", unique_until="started", user=user_id)
    refresh.enqueue_many({"habit_id": habit_id} for habit_id in dict.fromkeys(habit_ids))
