"""Failures that are one and the same mistake, and how often each is met.

An attempt that failed names its group by number alone, so that nothing has to be looked up or locked where jobs end;
housekeeping counts what was noted (`focusjobs.jobs.error_groups`).
"""

from __future__ import annotations

from django.conf import settings
from django.db import models

from ..domain.fingerprint import as_text


class ErrorGroup(models.Model):
    """One way in which a task fails: its number is made of the task, the error and where it was raised."""

    class State(models.TextChoices):
        """What people think of it."""

        OPEN = "open", "open"
        FIXED = "fixed", "fixed"
        IGNORED = "ignored", "ignored"

    id = models.BigIntegerField(primary_key=True)
    task = models.CharField(max_length=200)
    exception = models.CharField(max_length=200, help_text="Its class, with the module.")
    message = models.CharField(max_length=500, blank=True, help_text="With what differs from job to job taken out.")
    frame = models.CharField(max_length=300, blank=True, help_text="The innermost place of the project's own code.")
    jobs = models.PositiveBigIntegerField(db_default=0, help_text="Jobs that met it.")
    attempts = models.PositiveBigIntegerField(db_default=0, help_text="Attempts that ended in it.")
    failed = models.PositiveBigIntegerField(db_default=0, help_text="Times that a job ended in it for good.")
    users = models.PositiveBigIntegerField(db_default=0, help_text="People hit; up to a cap.")
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    first_release = models.CharField(max_length=100, blank=True)
    last_release = models.CharField(max_length=100, blank=True)
    last_job_id = models.BigIntegerField(null=True, help_text="The job that met it last.")
    last_error = models.TextField(db_default="", help_text="What it said then, in one line.")
    state = models.CharField(max_length=8, choices=State.choices, db_default=State.OPEN)
    fixed_in = models.CharField(max_length=100, db_default="", help_text="The release that mends it.")
    fixed_at = models.DateTimeField(null=True)
    ignored_until = models.DateTimeField(null=True, help_text="Empty: for good.")
    regressed_at = models.DateTimeField(null=True, help_text="When it was met again after it was said to be mended.")
    regressed_in = models.CharField(max_length=100, db_default="")
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    note = models.TextField(db_default="")

    class Meta:
        default_permissions = ("view",)
        permissions = (("triage_errorgroup", "Can triage error group"),)
        indexes = (
            models.Index(fields=["state", "-last_seen"], name="errorgroup_latest"),
            models.Index(fields=["-last_seen"], name="errorgroup_last_seen"),
            models.Index(fields=["task", "-last_seen"], name="errorgroup_of_task"),
            models.Index(fields=["ignored_until"], condition=models.Q(state="ignored"), name="errorgroup_ignored"),
        )

    def __str__(self) -> str:
        return f"{self.task}: {self.exception}"

    @property
    def fingerprint(self) -> str:
        """Its number as people write it: `group:` of the filter language takes this or its beginning."""
        return as_text(self.pk)


class ErrorHour(models.Model):
    """How often a group was met in an hour."""

    group = models.ForeignKey(ErrorGroup, on_delete=models.CASCADE, related_name="hours", db_index=False)
    hour = models.DateTimeField()
    jobs = models.PositiveBigIntegerField(db_default=0)
    attempts = models.PositiveBigIntegerField(db_default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["group", "hour"], name="errorhour_once"),)
        indexes = (models.Index(fields=["hour"], name="errorhour_hour"),)

    def __str__(self) -> str:
        return f"{self.group_id} at {self.hour}"


class ErrorUser(models.Model):
    """A person whom a group has hit; kept up to a cap, so that an outage for all does not write a row for each."""

    group = models.ForeignKey(ErrorGroup, on_delete=models.CASCADE, related_name="people", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["group", "user"], name="erroruser_once"),)

    def __str__(self) -> str:
        return f"{self.user_id} by {self.group_id}"


class Uncounted(models.Model):
    """An attempt of a group that housekeeping has still to count; gone again within a second."""

    attempt_id = models.BigIntegerField(primary_key=True)
    is_final = models.BooleanField(db_default=False, help_text="The job failed for good with it.")

    class Meta:
        verbose_name_plural = "uncounted"

    def __str__(self) -> str:
        return str(self.attempt_id)
