"""Files from other habit apps."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction

from habits.models import Backup, User
from habits.tasks import import_backup

MAX_BACKUP = 32 * 1024 * 1024
"""Bytes of a backup; ten years of fifty habits take a third of it."""


@transaction.atomic
def accept_backup(*, user: User, filename: str, content: bytes) -> Backup:
    """Keep a file from another habit app and enqueue its import, both or neither.

    Raises `ValidationError` where the file is larger than `MAX_BACKUP` bytes; what is in it is the job's to judge.
    """
    if len(content) > MAX_BACKUP:
        raise ValidationError(f"“{filename}” has {len(content):,} bytes; {MAX_BACKUP:,} are allowed.", code="too_large")
    backup = Backup.objects.create(user=user, filename=filename[-255:], content=content, size=len(content))
    backup.job_id = import_backup.using(user=user, unique_key=f"backup:{backup.pk}").enqueue(backup_id=backup.pk).id
    backup.save(update_fields=["job_id"])
    return backup
