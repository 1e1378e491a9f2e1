"""What the nightly rebuild of some people's statistics found."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Inspection(models.Model):
    """One night's comparison of stored statistics with those that all records come to."""

    night = models.DateField(unique=True)
    began_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    last_user = models.BigIntegerField(default=0, help_text="The last person that was compared; it goes on after them.")
    users = models.PositiveIntegerField(default=0)
    habits = models.PositiveIntegerField(default=0)
    days = models.PositiveIntegerField(default=0)
    drifts = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.night}"


class Drift(models.Model):
    """Stored statistics that were not what the records come to. They have been put right."""

    inspection = models.ForeignKey(Inspection, on_delete=models.SET_NULL, null=True, related_name="found")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    habit = models.BigIntegerField(null=True)
    day = models.DateField(null=True)
    what = models.CharField(max_length=50, help_text="The column that differed.")
    stored = models.TextField()
    expected = models.TextField()
    found_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.what} of {self.user_id}: {self.stored} for {self.expected}"
