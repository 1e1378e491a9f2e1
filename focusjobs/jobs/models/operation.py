"""What people did to jobs, queues and schedules: who, why, to how many. Rows are never deleted or rewritten.

A trigger of the database holds that: an operation that was started stays, and so does what it was told to do.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Operation(models.Model):
    """One act of a person, on one job or on all that a filter matched."""

    class State(models.TextChoices):
        """How far it has come."""

        PREVIEWED = "previewed", "previewed"
        RUNNING = "running", "running"
        CANARY = "canary", "waiting for its canaries"
        HOLDING = "holding", "holding"
        UNDOING = "undoing", "undoing"
        FINISHED = "finished", "finished"
        STOPPED = "stopped", "stopped"
        UNDONE = "undone", "undone"

    class Source(models.TextChoices):
        """Where it was started."""

        ADMIN = "admin", "the admin"
        COMMAND = "command", "the command line"

    action = models.CharField(max_length=30)
    state = models.CharField(max_length=10, choices=State.choices, db_default=State.PREVIEWED)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    actor_name = models.CharField(max_length=254, help_text="Stays when the account is deleted.")
    source = models.CharField(max_length=8, choices=Source.choices)
    ip = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=128, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    filter = models.TextField(blank=True, help_text="The jobs it is about, in the filter language.")
    subject = models.CharField(max_length=300, blank=True, help_text="What it is about, where that is no jobs.")
    details = models.JSONField(default=dict, help_text="What the action takes: a time, a priority, old and new values.")
    repeats = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="repeated_by", help_text="Whose rest it does."
    )
    newest = models.BigIntegerField(db_default=0, help_text="The newest job at the preview; later ones stay out.")
    as_of = models.DateTimeField(db_default=Now(), help_text="Jobs that began or ended after this stay out.")
    canary = models.PositiveIntegerField(default=0, help_text="Jobs that go first; 0: none.")
    canary_share = models.FloatField(default=0.2, help_text="Part of them that may fail again.")
    rate = models.FloatField(null=True, help_text="Jobs that become due in a second.")
    hold = models.DurationField(null=True, help_text="How long what was retried waits, so that it can be undone.")
    anyway = models.BooleanField(default=False, help_text="Also jobs that are no longer worth running.")
    expected = models.JSONField(default=dict, help_text="What the preview counted.")
    after = models.BigIntegerField(db_default=0, help_text="The last job it has looked at.")
    seen = models.PositiveBigIntegerField(db_default=0)
    done = models.PositiveBigIntegerField(db_default=0, help_text="Jobs that it changed.")
    skipped = models.JSONField(default=dict, help_text="Jobs that it left alone, by reason.")
    restored = models.PositiveBigIntegerField(db_default=0, help_text="Jobs put back as they were.")
    completed = models.PositiveBigIntegerField(db_default=0, help_text="Changed jobs that have completed since.")
    failed_again = models.PositiveBigIntegerField(db_default=0, help_text="Changed jobs that have failed since.")
    cancelled = models.PositiveBigIntegerField(db_default=0, help_text="Changed jobs that were cancelled since.")
    ends_as = models.CharField(max_length=10, db_default="", help_text="The state after what it is undoing.")
    message = models.CharField(max_length=500, db_default="", help_text="Why it was stopped, by whom it was undone.")
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    release_at = models.DateTimeField(null=True, help_text="When the first of what it retried becomes due.")
    hold_until = models.DateTimeField(null=True, help_text="Until then all of it can be undone.")
    finished_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True, help_text="When all that it changed had ended.")
    wake_at = models.DateTimeField(null=True, help_text="When it is to be looked at again.")

    class Meta:
        default_permissions = ("view",)
        ordering = ("-id",)
        indexes = (
            models.Index(fields=["wake_at"], condition=models.Q(wake_at__isnull=False), name="operation_wake"),
            models.Index(fields=["actor", "-id"], name="operation_of_actor"),
        )

    def __str__(self) -> str:
        return f"operation {self.pk}: {self.action}"


class OperationJob(models.Model):
    """A job that an operation changed, and what it was before."""

    class Outcome(models.TextChoices):
        """What became of it."""

        COMPLETED = "completed", "completed"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"
        RESTORED = "restored", "put back"
        OTHER = "other", "changed by somebody else"

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="jobs", db_index=False)
    job = models.ForeignKey("Job", on_delete=models.CASCADE, related_name="operations")
    at = models.DateTimeField(db_default=Now())
    fence = models.PositiveBigIntegerField(
        help_text="The job's after the change; while it stands nobody else moved it."
    )
    before = models.JSONField(null=True, help_text="What the change replaced; none where it cannot be put back.")
    error_group_id = models.BigIntegerField(null=True, help_text="The job's before the change.")
    is_canary = models.BooleanField(db_default=False)
    outcome = models.CharField(max_length=9, choices=Outcome.choices, null=True)  # noqa: DJ001 - NULL while it is open

    class Meta:
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=["operation", "job"], name="operationjob_once"),)
        indexes = (
            models.Index(fields=["operation", "job"], condition=models.Q(outcome=None), name="operationjob_open"),
        )

    def __str__(self) -> str:
        return f"job {self.job_id} of operation {self.operation_id}"
