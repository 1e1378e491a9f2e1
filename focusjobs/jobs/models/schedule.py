"""When jobs are made again and again."""

from __future__ import annotations

from django.db import models


class Schedule(models.Model):
    """When a job is made again and again: by a cron line in a time zone, or every so often."""

    class Missed(models.TextChoices):
        """What happens about ticks that passed while nothing ran."""

        SKIP = "skip", "skip them"
        ONCE = "once", "make one job for all of them"
        ALL = "all", "make a job for each"

    name = models.CharField(max_length=200, unique=True)
    task = models.CharField(max_length=200)
    arguments = models.JSONField(default=dict, blank=True)
    queue = models.CharField(max_length=100, blank=True, help_text="Empty: the task's own.")
    cron = models.CharField(max_length=200, blank=True, help_text="Minute, hour, day, month, weekday: “0 3 * * *”.")
    every = models.DurationField(null=True, blank=True)
    timezone = models.CharField(max_length=64, default="UTC")
    enabled = models.BooleanField(default=True)
    missed = models.CharField(max_length=4, choices=Missed.choices, default=Missed.ONCE)
    overlap = models.BooleanField(
        default=True, help_text="Make a job also while the one before is unfinished; off: that tick is skipped."
    )
    declared = models.BooleanField(default=False, editable=False, help_text="Comes from the code.")
    declaration = models.JSONField(null=True, editable=False, help_text="What the code said when it was last read.")
    next_run_at = models.DateTimeField(null=True, blank=True)
    last_run_at = models.DateTimeField(null=True, editable=False)
    last_job_id = models.BigIntegerField(null=True, editable=False)
    problem = models.CharField(max_length=500, blank=True, editable=False, help_text="Why its latest tick made no job.")

    class Meta:
        permissions = (("run_schedule", "Can run schedule"),)
        indexes = (models.Index(fields=["next_run_at"], condition=models.Q(enabled=True), name="schedule_due"),)
        constraints = (
            models.CheckConstraint(
                condition=(models.Q(every__isnull=True) & ~models.Q(cron="")) | models.Q(every__isnull=False, cron=""),
                name="schedule_is_cron_or_every",
            ),
        )

    def __str__(self) -> str:
        return self.name
