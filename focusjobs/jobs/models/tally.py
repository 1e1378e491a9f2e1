"""What tasks did, in numbers."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Tally(models.Model):
    """How a task did on a queue in one minute, over all workers; the source of charts and metrics."""

    minute = models.DateTimeField()
    task = models.CharField(max_length=200)
    queue = models.CharField(max_length=100)
    completed = models.PositiveBigIntegerField(db_default=0)
    failed = models.PositiveBigIntegerField(db_default=0, help_text="Jobs that ended as failed.")
    errors = models.PositiveBigIntegerField(db_default=0, help_text="Attempts that ended in an error.")
    cancelled = models.PositiveBigIntegerField(db_default=0)
    run_seconds = models.FloatField(db_default=0)
    wait_seconds = models.FloatField(db_default=0, help_text="From being due to being started, first attempts only.")
    run_buckets = ArrayField(models.PositiveBigIntegerField(), default=list)
    wait_buckets = ArrayField(models.PositiveBigIntegerField(), default=list)

    class Meta:
        verbose_name_plural = "tallies"
        constraints = (models.UniqueConstraint(fields=["minute", "task", "queue"], name="tally_minute"),)

    def __str__(self) -> str:
        return f"{self.task} at {self.minute}"
