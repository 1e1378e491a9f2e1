"""Time that people spent in focus."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from habits.models import Habit, new_client_id


class FocusSession(models.Model):
    """A stretch of time in which a person kept to one thing; it counts for the day in which it began."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="focus_sessions"
    )
    client_id = models.CharField(max_length=64, default=new_client_id, help_text="The identifier that phones use.")
    habit = models.ForeignKey(Habit, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    label = models.CharField(max_length=100, blank=True, help_text="What it was about.")
    started_at = models.DateTimeField()
    seconds = models.PositiveIntegerField()
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["user", "client_id"], name="focus_client_id_unique"),
            models.CheckConstraint(condition=models.Q(seconds__lte=86_400), name="focus_within_a_day"),
        )
        indexes = (models.Index(fields=["user", "started_at"], include=["seconds"], name="focus_of_day"),)

    def __str__(self) -> str:
        return f"{self.seconds} s from {self.started_at}"
