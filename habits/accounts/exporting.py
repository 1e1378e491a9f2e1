"""The file of a person's data: asked for, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.db import transaction
from django.utils import timezone

from focusjobs.jobs.looking.selectors import states_of
from habits.models import Export, User
from habits.tasks import export_data

ENDED_BADLY = frozenset({"failed", "cancelled"})
ENDED = ENDED_BADLY | {"completed"}


@dataclass(frozen=True)
class Progress:
    """A person's file and how far it is. An earlier file can be fetched while the next one is being made."""

    export: Export
    state: Literal["making", "ready", "failed"]


@transaction.atomic
def request_export(user: User) -> Progress:
    """Enqueue the making of a person's file; where one is being made, that one is answered."""
    export, _ = Export.objects.select_for_update().get_or_create(user=user)
    job = export_data.using(user=user, unique_key=f"export:{user.pk}").enqueue(user_id=user.pk)
    if job.created:
        export.job_id, export.requested_at = job.id, timezone.now()
        export.save(update_fields=["job_id", "requested_at"])
    return Progress(export, "making")


def export_of(user: User) -> Progress | None:
    """Give a person's file and how far it is; None where there is nothing, as after it has expired."""
    export = Export.objects.filter(user=user).first()
    if export is None:
        return None
    state = states_of([export.job_id]).get(export.job_id or 0, "completed")
    if state not in ENDED:
        return Progress(export, "making")
    if export.is_ready:
        return Progress(export, "ready")
    return Progress(export, "failed") if state in ENDED_BADLY else None
