"""Backups of other habit apps, on their way into an account."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Backup(models.Model):
    """A file from another habit app, kept until an import job has read it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="backups")
    filename = models.CharField(max_length=255)
    content = models.BinaryField(null=True, help_text="Emptied once the import is done.")
    size = models.PositiveIntegerField(help_text="Bytes.")
    job_id = models.PositiveBigIntegerField(null=True, editable=False, help_text="The job that imports it.")
    uploaded_at = models.DateTimeField(db_default=Now(), editable=False)
    imported_at = models.DateTimeField(null=True, editable=False)
    key = models.UUIDField(null=True, editable=False, help_text="The Idempotency-Key that it was uploaded with.")
    body_hash = models.BinaryField(
        max_length=32, null=True, editable=False, help_text="SHA-256 of what was uploaded with the key."
    )

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=["user", "key"], condition=models.Q(key__isnull=False), name="backup_key_unique"
            ),
        )
        indexes = (models.Index(fields=["uploaded_at"], condition=models.Q(content__isnull=False), name="backup_kept"),)

    def __str__(self) -> str:
        return self.filename
