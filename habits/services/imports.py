"""Files from other habit apps."""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from rest_framework.exceptions import APIException

from focusjobs.rest.idempotency import require_same
from habits.models import Backup, User
from habits.tasks import import_backup

MAX_BACKUP = 32 * 1024 * 1024
"""Bytes of a backup; ten years of fifty habits take a third of it."""


class ImportRunning(APIException):
    """The file is being imported: 409."""

    status_code = 409
    default_code = "import_running"
    default_detail = "This file is being imported; remove it when its job has ended."


@transaction.atomic
def accept_backup(*, user: User, filename: str, content: bytes, key: UUID | None = None) -> Backup:
    """Keep a file from another habit app and enqueue its import, both or neither.

    With a key that was used before, give the backup that was kept then, of which there is one import. Raises
    `KeyReused` where that is another file, and `ValidationError` where the file is larger than `MAX_BACKUP` bytes;
    what is in it is the job's to judge.
    """
    if len(content) > MAX_BACKUP:
        raise ValidationError(f"“{filename}” has {len(content):,} bytes; {MAX_BACKUP:,} are allowed.", code="too_large")
    name = filename[-255:]
    file = {"filename": name, "content": content, "size": len(content)}
    if key is None:
        return _import(Backup.objects.create(user=user, **file))
    asked = _hash_of(name, content)
    # Of two at once the unique index has the later one wait, and find what the first has kept.
    kept = Backup.objects.defer("content")
    backup, is_new = kept.get_or_create(user=user, key=key, defaults={**file, "body_hash": asked})
    if is_new:
        return _import(backup)
    require_same(backup.body_hash, asked)
    return backup


@transaction.atomic
def remove_backup(*, backup: Backup) -> None:
    """Remove a file and what is known of it; what it brought stays. One that is not imported yet never will be.

    Raises `ImportRunning` while a job imports it, which holds the row.
    """
    rows = Backup.objects.filter(pk=backup.pk)
    if rows.select_for_update(skip_locked=True).values("pk").first() is None and rows.exists():
        raise ImportRunning
    rows.delete()


def _import(backup: Backup) -> Backup:
    job = import_backup.using(user=backup.user, unique_key=f"backup:{backup.pk}").enqueue(backup_id=backup.pk)
    backup.job_id = job.id
    backup.save(update_fields=["job_id"])
    return backup


def _hash_of(filename: str, content: bytes) -> bytes:
    """Give a hash of a file and its name, by which some of the apps are told apart."""
    return sha256(sha256(content).digest() + filename.encode()).digest()
