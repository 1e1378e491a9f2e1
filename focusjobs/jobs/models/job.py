"""Jobs, their unsuccessful attempts and their log lines.

Only `focusjobs.jobs.ledger` and what operators do write them; everything else reads.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from ..domain.identity import task_id_of
from ..domain.lifecycle import FINISHED, UNFINISHED, State

STATE_CHOICES = [(state.value, state.value.replace("_", " ")) for state in State]


class JobQuerySet(models.QuerySet["Job"]):
    """Questions about jobs, in the words that commands, admin, metrics and tests share."""

    def unfinished(self) -> JobQuerySet:
        """Jobs that will still do something."""
        return self.filter(state__in=UNFINISHED)

    def finished(self) -> JobQuerySet:
        """Jobs that have ended, well or badly."""
        return self.filter(state__in=FINISHED)

    def failed(self) -> JobQuerySet:
        """Jobs that used up their attempts or gave up."""
        return self.filter(state=State.FAILED)


class Job(models.Model):
    """One call of a task with its arguments, from being enqueued to its end."""

    class Lane(models.TextChoices):
        """How a job reaches a worker: in batches, as its limit allows, or by a Celery message of its own."""

        DRAIN = "drain", "drain"
        LIMITED = "limited", "limited"
        MESSAGE = "message", "message"

    class OnFailure(models.TextChoices):
        """What a child's failure means for its parent in a flow."""

        FAIL = "fail", "the parent fails"
        IGNORE = "ignore", "the parent runs when all children have ended"
        CONTINUE = "continue", "the parent runs at once"

    task = models.CharField(max_length=200)
    queue = models.CharField(max_length=100)
    lane = models.CharField(max_length=8, choices=Lane.choices, db_default=Lane.DRAIN)
    arguments = models.JSONField(default=dict)
    options = models.JSONField(null=True, help_text="What this call set differently from its task's declaration.")
    state = models.CharField(max_length=16, choices=STATE_CHOICES, db_default=State.WAITING.value)
    priority = models.IntegerField(db_default=0, help_text="Lower runs first.")
    attempt = models.PositiveIntegerField(db_default=0, help_text="Number of the current or latest attempt.")
    max_attempts = models.PositiveIntegerField(db_default=1, help_text="Number of the last attempt allowed.")
    tries = models.PositiveIntegerField(db_default=1, help_text="Attempts allowed before and after a manual retry.")
    stalls = models.PositiveIntegerField(db_default=0, help_text="How often its worker vanished.")
    fence = models.PositiveBigIntegerField(db_default=0, help_text="Raised at each claim, release and retry.")
    unique_key = models.CharField(max_length=200, null=True)  # noqa: DJ001 - NULL is what keeps it out of the index
    unique_while_active = models.BooleanField(db_default=True, help_text="Keep the key while a worker holds the job.")
    # Indexes of foreign keys would be written at every move of a job; the partial ones below are enough.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    limit_key = models.CharField(max_length=200, null=True)  # noqa: DJ001 - NULL keeps it out of the index
    parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="children", db_index=False)
    children_left = models.PositiveIntegerField(db_default=0, help_text="Children that have not ended.")
    on_failure = models.CharField(
        max_length=8,
        choices=OnFailure.choices,
        db_default=OnFailure.FAIL,
        help_text="What its failure means for its parent.",
    )
    schedule = models.ForeignKey("Schedule", null=True, on_delete=models.SET_NULL, related_name="jobs", db_index=False)
    celery_id = models.CharField(max_length=155, null=True)  # noqa: DJ001 - only where Celery chose the id
    worker = models.CharField(max_length=200, db_default="")
    run_at = models.DateTimeField(db_default=Now(), help_text="Not before this.")
    due_at = models.DateTimeField(null=True, help_text="When it was to run at first, where that has been put off.")
    expires_at = models.DateTimeField(null=True, help_text="Not started after this.")
    leased_until = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True, help_text="When its own Celery message was last sent.")
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, help_text="Start of the latest attempt.")
    finished_at = models.DateTimeField(null=True)
    progress = models.JSONField(null=True)
    error = models.TextField(db_default="", help_text="The latest error, in one line.")
    # Without a constraint: the group's row is written by whoever counts, after the job has ended.
    error_group = models.ForeignKey(
        "ErrorGroup", null=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )

    objects = JobQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        permissions = (
            ("view_job_args", "Can see personal arguments of jobs"),
            ("retry_job", "Can retry job"),
            ("bulk_retry_job", "Can retry many jobs at once"),
            ("edit_retry_job", "Can retry job with other arguments"),
            ("cancel_job", "Can cancel job"),
        )
        indexes = (
            models.Index(
                fields=["queue", "priority", "id"],
                condition=models.Q(state=State.WAITING, lane="drain"),
                name="job_ready",
            ),
            models.Index(
                fields=["queue", "limit_key", "priority", "id"],
                condition=models.Q(state=State.WAITING, lane="limited"),
                name="job_ready_limited",
            ),
            models.Index(
                fields=["queue", "published_at", "id"],
                condition=models.Q(state=State.WAITING, lane="message"),
                name="job_ready_message",
            ),
            models.Index(fields=["schedule", "id"], condition=models.Q(schedule__isnull=False), name="job_of_schedule"),
            models.Index(
                fields=["limit_key"],
                condition=models.Q(state=State.ACTIVE, limit_key__isnull=False),
                name="job_active_limit",
            ),
            models.Index(fields=["run_at"], condition=models.Q(state=State.DELAYED), name="job_delayed"),
            models.Index(fields=["leased_until"], condition=models.Q(state=State.ACTIVE), name="job_leased"),
            models.Index(fields=["id"], condition=models.Q(state=State.WAITING_CHILDREN), name="job_waiting_children"),
            models.Index(fields=["state", "finished_at"], condition=models.Q(state__in=FINISHED), name="job_finished"),
            models.Index(fields=["user", "id"], condition=models.Q(user__isnull=False), name="job_of_user"),
            models.Index(fields=["parent"], condition=models.Q(parent__isnull=False), name="job_of_parent"),
            models.Index(
                fields=["error_group", "id"], condition=models.Q(error_group__isnull=False), name="job_of_error_group"
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["task", "unique_key"],
                condition=models.Q(unique_key__isnull=False, state__in=UNFINISHED),
                name="job_unique_key",
            ),
            models.UniqueConstraint(
                fields=["celery_id"], condition=models.Q(celery_id__isnull=False), name="job_celery_id"
            ),
            models.CheckConstraint(condition=models.Q(state__in=[s.value for s in State]), name="job_state_is_known"),
            models.CheckConstraint(
                condition=models.Q(state=State.ACTIVE, leased_until__isnull=False)
                | (~models.Q(state=State.ACTIVE) & models.Q(leased_until__isnull=True)),
                name="job_active_means_leased",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=FINISHED, finished_at__isnull=False)
                | (~models.Q(state__in=FINISHED) & models.Q(finished_at__isnull=True)),
                name="job_finished_means_dated",
            ),
        )

    def __str__(self) -> str:
        return f"{self.task} #{self.pk}"

    @property
    def task_id(self) -> str:
        """The id under which Celery, `AsyncResult` and `TaskResult` know this job."""
        return self.celery_id or task_id_of(self.pk)


class Attempt(models.Model):
    """An attempt that did not complete its job: it failed, stalled, was postponed or cancelled."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    outcome = models.CharField(max_length=16)
    worker = models.CharField(max_length=200, db_default="")
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(db_default=Now())
    error = models.TextField(db_default="")
    traceback = models.TextField(db_default="")
    release = models.CharField(max_length=100, db_default="", help_text="What the worker ran.")
    error_group = models.ForeignKey(
        "ErrorGroup", null=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=["release", "job"], name="attempt_of_release"),)

    def __str__(self) -> str:
        return f"attempt {self.number} of job {self.job_id}"


class LogLine(models.Model):
    """A line that a task wrote about its own run."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="log_lines")
    attempt = models.PositiveIntegerField()
    at = models.DateTimeField()
    level = models.CharField(max_length=8)
    line = models.TextField()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.line
