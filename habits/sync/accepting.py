"""Takes a push in: checks it, and makes it durable, merged or together with the job that will merge it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from habits.merging import Busy, HabitWrite, Write, drain_now, waiting
from habits.merging.rows import rows
from habits.merging.writes import to_json
from habits.models import Habit, SyncPush, User
from habits.tasks import merge_pushes

from .problems import KeyReused
from .reading import Contents, Problem, Sender, deletions, read, slot_of

# Remember when a phone pushed, and how far its clock is off. Served by sync_device_unique.
SEEN = """
    INSERT INTO habits_syncdevice AS d (user_id, device, last_push_at, issued, skew_ms, user_agent)
    VALUES (%s, %s, %s, 0, %s, %s)
    ON CONFLICT (user_id, device) DO UPDATE SET
        last_push_at = excluded.last_push_at, skew_ms = coalesce(excluded.skew_ms, d.skew_ms),
        user_agent = excluded.user_agent
"""


# The kinds of a person's habits, deleted ones too; index habit_client_id_unique.
KINDS = "SELECT client_id, kind FROM habits_habit WHERE user_id = %s AND client_id = ANY(%s)"


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
    writes = to_json(_writes(user, contents, sender))
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
    if bytes(known.body_hash) != push.digest:
        raise KeyReused
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


def _writes(user: User, contents: Contents, sender: Sender) -> Iterator[Write]:
    """Give the writes of habits that are known or new with a name, of their days, and the deletions."""
    habits = _Known(user, contents)
    for write in contents.habits:
        if write.values.get("name") or write.id in habits.kinds:
            habits.kinds[write.id] = write.values.get("kind") or habits.kinds.get(write.id, "yes_no")
            yield write
        else:
            contents.problems.append(Problem("habits", write.id, "invalid", "name: a new habit has a name"))
    for completion, device in contents.completions:
        if completion.habit in habits.kinds:
            counted = habits.kinds[completion.habit] == Habit.Kind.COUNTED
            yield replace(completion, slot=slot_of(completion, device, counted=counted, sender=sender.device))
        else:
            detail = f"habit_id: there is no habit {completion.habit}; push it first or in the same push"
            contents.problems.append(Problem("completions", completion.id, "unknown_habit", detail))
    for deletion in deletions(contents, sender):
        if not isinstance(deletion, HabitWrite) or deletion.id in habits.kinds:
            yield deletion


class _Known:
    """The habits that a push speaks of and the person has: stored, deleted ones too, or waiting in the inbox."""

    def __init__(self, user: User, contents: Contents) -> None:
        ids = {write.id for write in contents.habits} | {write.habit for write, _ in contents.completions}
        ids.update(contents.deleted_habits)
        self.kinds: dict[str, str] = dict(rows(KINDS, [user.pk, list(ids)])) if ids else {}
        if ids - self.kinds.keys():
            self.kinds |= {name: kind for name, kind in _in_inbox(user) if name in ids and name not in self.kinds}


def _in_inbox(user: User) -> Iterator[tuple[str, str]]:
    for writes in waiting(user.pk).values_list("writes", flat=True):
        for write in writes:
            if write["type"] == "habit" and "name" in write["values"]:
                yield write["id"], write["values"].get("kind", "yes_no")
