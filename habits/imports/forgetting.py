"""Files that no import has emptied: their jobs failed for good, or were cancelled."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from habits.models import Backup

KEEP_BACKUPS = timedelta(days=30)
"""How long the team has to retry an import that failed."""


def forget_backups() -> int:
    """Empty files that are older than that; answer how many. Their rows stay. Index: backup_kept."""
    old = Backup.objects.filter(content__isnull=False, uploaded_at__lt=timezone.now() - KEEP_BACKUPS)
    return old.update(content=None)
