"""What phones pushed and could not be merged."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from habits.models import SyncPush
from habits.tasks import merge_pushes


@transaction.atomic
def retry_pushes(pushes: Sequence[int]) -> int:
    """Have failed pushes merged again by a job for each person; answer how many there were."""
    failed = SyncPush.objects.filter(pk__in=pushes, failed_at__isnull=False)
    users = sorted(set(failed.values_list("user_id", flat=True)))
    tried = failed.update(failed_at=None, error="")
    calls = merge_pushes.using(unique_key="sync:{user_id}", unique_until="started")
    calls.enqueue_many({"user_id": user_id} for user_id in users)
    return tried
