"""How phones keep up: a version for each person, the inbox of pushes, what is known of devices, and lost texts."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from .completions import DEVICE_LENGTH
from .habits import Habit


class SyncState(models.Model):
    """A person's sync version: the cursor of their phones. Whoever writes synced rows holds this row's lock.

    The lock makes a person's versions visible in their order, so that no phone skips a row of a slower transaction.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="sync_state"
    )
    version = models.BigIntegerField(default=1)
    horizon = models.BigIntegerField(
        default=0, help_text="Deletions up to this version are forgotten; an older cursor has to fetch everything."
    )
    latest_ms = models.BigIntegerField(
        default=0, help_text="The latest stamp that was merged, in milliseconds since 1970; the server's go after it."
    )

    def __str__(self) -> str:
        return f"{self.user_id} at version {self.version}"


class SyncPush(models.Model):
    """What a phone pushed: accepted for good, and merged at once or by a job. The durable inbox."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="pushes")
    key = models.UUIDField(help_text="The phone's Idempotency-Key, or one that was made here.")
    body_hash = models.BinaryField(max_length=32, editable=False, help_text="SHA-256 of the decompressed body.")
    device = models.CharField(max_length=DEVICE_LENGTH)
    cursor = models.BigIntegerField(default=0, help_text="The version that the phone had seen.")
    writes = models.JSONField(help_text="What is to be merged, as `habits.merging.writes` reads it.")
    problems = models.JSONField(default=list, help_text="Rows that were refused, and why.")
    received_at = models.DateTimeField(db_default=Now())
    merged_version = models.BigIntegerField(null=True)
    merged_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    error = models.TextField(default="", help_text="Why it could not be merged.")

    class Meta:
        verbose_name_plural = "sync pushes"
        constraints = (models.UniqueConstraint(fields=["user", "key"], name="sync_push_key_unique"),)
        indexes = (
            models.Index(
                fields=["user", "id"],
                name="sync_push_waiting",
                condition=models.Q(merged_version__isnull=True, failed_at__isnull=True),
            ),
            models.Index(fields=["received_at"], name="sync_push_received"),
        )

    def __str__(self) -> str:
        return f"push {self.key}"

    @property
    def state(self) -> str:
        """The word for where it stands: queued, done or failed."""
        if self.merged_version is not None:
            return "done"
        return "failed" if self.failed_at else "queued"


class SyncDevice(models.Model):
    """A phone that syncs, as last seen."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, related_name="phones")
    device = models.CharField(max_length=DEVICE_LENGTH)
    last_push_at = models.DateTimeField(null=True)
    last_pull_at = models.DateTimeField(null=True)
    issued = models.BigIntegerField(
        default=0,
        help_text="The latest version that a pull gave it; a later cursor is from before a backup was restored.",
    )
    skew_ms = models.BigIntegerField(
        null=True, help_text="Milliseconds by which its clock is ahead of the server's, as its latest push told."
    )
    user_agent = models.CharField(max_length=200, default="")

    class Meta:
        constraints = (models.UniqueConstraint(fields=["user", "device"], name="sync_device_unique"),)

    def __str__(self) -> str:
        return self.device


class LostText(models.Model):
    """A name or note that an edit made elsewhere replaced unseen; kept a while, so that support can give it back."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="lost_texts")
    habit = models.ForeignKey(Habit, on_delete=models.CASCADE, related_name="+")
    day = models.DateField(null=True, help_text="For a note of a day.")
    field = models.CharField(max_length=20)
    lost = models.TextField()
    lost_ms = models.BigIntegerField(help_text="Stamp of the edit that lost, milliseconds since 1970.")
    lost_device = models.CharField(max_length=DEVICE_LENGTH)
    kept = models.TextField()
    kept_ms = models.BigIntegerField()
    kept_device = models.CharField(max_length=DEVICE_LENGTH)
    at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["user", "habit", "day", "field", "lost_ms", "lost_device"],
                nulls_distinct=False,
                name="lost_text_once",
            ),
        )

    def __str__(self) -> str:
        return f"{self.field} of {self.habit_id}"
