"""Takes a push in: checks it, and makes it durable, merged or together with the job that will merge it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from focusjobs.rest.idempotency import require_same
from focusjobs.sql import rows
from habits.merging import Busy, drain_now
from habits.merging.writes import to_json
from habits.models import SyncPush, User
from habits.tasks import merge_pushes

from .contents import Contents, Sender
from .reading import read
from .writing import writes_of

# Remember when a phone pushed, and how far its clock is off. Served by sync_device_unique.
SEEN = """
    INSERT INTO habits_syncdevice AS d (user_id, device, last_push_at, issued, skew_ms, user_agent)
    VALUES (%s, %s, %s, 0, %s, %s)
    ON CONFLICT (user_id, device) DO UPDATE SET
        last_push_at = excluded.last_push_at, skew_ms = coalesce(excluded.skew_ms, d.skew_ms),
        user_agent = excluded.user_agent
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """A push as it arrives."""

    device: str
    key: UUID | None
    """Idempotency-Key; None: the push cannot be recognised if it comes again, which does no harm."""
    digest: bytes
    """SHA-256 of the body."""
    cursor: int
    """The version that the phone has seen."""
    changes: Mapping[str, Any]
    user_agent: str = ""


def accept(user: User, push: Push, *, wait: timedelta | None) -> SyncPush:
    """Put a push into the inbox, or find it there, and merge it if nobody else is at it for longer than `wait`.

    Where it is not merged, a job that will merge it commits together with it. One transaction: a phone that gets no
    answer sends the push again, and finds it done or not begun. Raises a problem of `habits.sync.problems` before
    anything is written.
    """
    received = timezone.now()
    sender = Sender(push.device, received, received.astimezone(UTC).date())
    contents = read(push.changes, sender)
    if push.key and (known := SyncPush.objects.filter(user=user, key=push.key).first()):
        return _same(known, push)
    writes = to_json(writes_of(user.pk, contents, sender))
    row = SyncPush(user=user, key=push.key or uuid4(), body_hash=push.digest, device=push.device, cursor=push.cursor)
    row.received_at, row.writes, row.problems = received, writes, [asdict(problem) for problem in contents.problems]
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            if wait is None or not _merge(row, wait):
                merge_pushes.using(unique_key=f"sync:{user.pk}", unique_until="started", user=user).enqueue(
                    user_id=user.pk
                )
            _remember_phone(row, contents, push)  # last, since pushes of one phone wait for each other from here on
    except IntegrityError:
        # The same push came twice at one moment; the other one is there now.
        return _same(SyncPush.objects.get(user=user, key=row.key), push)
    return row


def _same(known: SyncPush, push: Push) -> SyncPush:
    require_same(known.body_hash, push.digest)
    return known


def _remember_phone(row: SyncPush, contents: Contents, push: Push) -> None:
    values = row.user_id, row.device, row.received_at, contents.skew_ms, push.user_agent[:200]
    rows(SEEN, values)


def _merge(row: SyncPush, wait: timedelta) -> bool:
    """Merge what is in the inbox and tell whether nothing is left; a push that cannot be merged is not left either."""
    try:
        drained = drain_now(row.user_id, patience=wait)
    except Busy:
        return False
    if row.pk in drained.merged:
        row.merged_version = drained.version
    else:
        row.refresh_from_db(fields=["failed_at", "error"])
    return True
