"""Makes the file of a person's data and keeps it for a while."""

from __future__ import annotations

import tempfile

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from focusjobs.sql import rows
from habits.models import Export, User

from .archive import OnProgress, write_archive

# All tables as of one moment; possible only as the first statement of a transaction.
ONE_MOMENT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"


def make_export(user_id: int, on_progress: OnProgress) -> dict[str, int]:
    """Make a person's file, in place of an earlier one; answer its `rows` and `bytes`, nothing where they have gone."""
    with tempfile.TemporaryFile() as file:
        is_outermost = not connection.in_atomic_block
        with transaction.atomic():
            if is_outermost:
                rows(ONE_MOMENT)
            user = User.objects.filter(pk=user_id, closed_at__isnull=True).first()
            if user is None:
                return {}
            written = write_archive(user, file, on_progress)
        file.seek(0)
        content = file.read()
    now = timezone.now()
    Export.objects.filter(user_id=user_id).update(
        content=content, size=len(content), made_at=now, expires_at=now + settings.EXPORT_KEEP
    )
    return {"rows": written, "bytes": len(content)}


def forget_exports() -> int:
    """Delete files that have expired; answer how many. Index: the one of `expires_at`."""
    return Export.objects.filter(expires_at__lt=timezone.now()).delete()[0]
