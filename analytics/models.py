"""Statistics that are kept so that they need not be worked out again."""

from __future__ import annotations

from django.db import models

from habits.models import Habit


class HabitState(models.Model):
    """What a habit's records come to, as of one local day. A cache: `analytics.rollups` can make it again."""

    habit = models.OneToOneField(Habit, on_delete=models.CASCADE, primary_key=True, related_name="state")
    as_of = models.DateField(help_text="The person's local day for which this was worked out.")
    completions_version = models.PositiveBigIntegerField(help_text="`Habit.completions_version` that it includes.")
    strength = models.FloatField(help_text="Habit strength, 0 to 1.")
    streak = models.PositiveIntegerField(help_text="Days in the current streak.")
    streak_start = models.DateField(null=True)
    best_streak = models.PositiveIntegerField(help_text="Days in the longest streak.")
    best_streak_start = models.DateField(null=True)
    total = models.PositiveIntegerField(help_text="Days on which it was done.")
    done_today = models.BooleanField()
    computed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.habit_id} as of {self.as_of}"
