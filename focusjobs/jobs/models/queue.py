"""What holds jobs back: queues with their pauses and limits, limits by key, throttled keys."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class Queue(models.Model):
    """What operators and settings say about a queue. A queue without a row runs without limits."""

    name = models.CharField(max_length=100, primary_key=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_by = models.CharField(max_length=254, blank=True)
    pause_reason = models.CharField(max_length=500, blank=True)
    resume_at = models.DateTimeField(null=True, blank=True, help_text="Resumes by itself then; empty: by hand only.")
    max_active = models.PositiveIntegerField(null=True, blank=True, help_text="Jobs that run at once.")
    rate = models.PositiveIntegerField(null=True, blank=True, help_text="Jobs that start in a period.")
    period = models.DurationField(null=True, blank=True)
    expected_wait = models.DurationField(null=True, blank=True, help_text="How long a due job may wait at most.")
    window_start = models.DateTimeField(null=True, editable=False)
    window_used = models.PositiveIntegerField(db_default=0, editable=False)

    class Meta:
        permissions = (("pause_queue", "Can pause queue"),)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(rate__isnull=True, period__isnull=True)
                | models.Q(rate__gte=1, period__isnull=False),
                name="queue_rate_has_a_period",
            ),
        )

    def __str__(self) -> str:
        return self.name


class Limit(models.Model):
    """How many jobs that share a key may run at once, or start in a period, over all queues and workers."""

    key = models.CharField(max_length=200, primary_key=True)
    max_active = models.PositiveIntegerField(null=True)
    rate = models.PositiveIntegerField(null=True)
    period = models.DurationField(null=True)
    window_start = models.DateTimeField(null=True)
    window_used = models.PositiveIntegerField(db_default=0)
    used_at = models.DateTimeField(db_default=Now(), help_text="When a job under it last started.")

    def __str__(self) -> str:
        return self.key


class Throttle(models.Model):
    """A key under which a task makes no further job for a while."""

    task = models.CharField(max_length=200)
    key = models.CharField(max_length=200)
    until = models.DateTimeField()
    job_id = models.BigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["task", "key"], name="throttle_key"),)
        indexes = (models.Index(fields=["until"], name="throttle_until"),)

    def __str__(self) -> str:
        return f"{self.task} {self.key}"
