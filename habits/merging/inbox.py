"""Merges what phones pushed: once each, in the order of arrival, whoever comes first to do it."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from psycopg import Error as PostgresError
from psycopg.errors import LockNotAvailable

from focusjobs.sql import rows
from habits.models import SyncPush

from .session import Merging
from .writes import from_json

logger = logging.getLogger(__name__)

NOT_MERGED = "FROM habits_syncpush WHERE user_id = %s AND merged_version IS NULL AND failed_at IS NULL"

# The pushes of a person that are not merged yet, in their order; index sync_push_waiting.
WAITING = f"SELECT * {NOT_MERGED} ORDER BY id"

# Whether there is any; the same index.
IS_WAITING = f"SELECT EXISTS (SELECT {NOT_MERGED})"

# Note what is merged; primary key.
MERGED = "UPDATE habits_syncpush SET merged_version = %s, merged_at = statement_timestamp() WHERE id = ANY(%s)"

FOR_EVER = timedelta()
"""As a time to wait for a lock: as long as it takes."""


class Busy(Exception):
    """Another process is merging this person's edits for longer than the caller could wait."""


def late_users(age: timedelta) -> QuerySet[SyncPush, int]:
    """Give the people who have had a push waiting for longer than `age`. Index: sync_push_waiting, which is small."""
    late = SyncPush.objects.filter(merged_version=None, failed_at=None, received_at__lt=Now() - age)
    return late.order_by().values_list("user_id", flat=True).distinct()


@dataclass(frozen=True, slots=True)
class Drained:
    """What a drain came to."""

    version: int
    """The person's version now."""
    merged: frozenset[int]
    """The pushes that were merged, by their numbers."""


def drain(user_id: int, *, patience: timedelta = FOR_EVER) -> Drained | None:
    """Merge what a person's phones have pushed; None where nothing was waiting. Raises `Busy` after `patience`.

    A push that cannot be merged is marked as failed and stays; the others do not wait for it, since their order does
    not matter.
    """
    [(is_waiting,)] = rows(IS_WAITING, [user_id])
    return drain_now(user_id, patience=patience) if is_waiting else None


def drain_now(user_id: int, *, patience: timedelta = FOR_EVER) -> Drained:
    """Do as `drain`, for a caller who knows that something is waiting."""
    with _patient(patience), transaction.atomic():
        with Merging(user_id, patience or None) as session:
            merged = frozenset(
                push.pk for push in SyncPush.objects.raw(WAITING, [user_id]) if _merge_one(session, push)
            )
        version = session.version if session.outcome.wrote else session.version - 1
        rows(MERGED, [version, list(merged)])
    return Drained(version, merged)


def _merge_one(session: Merging, push: SyncPush) -> bool:
    try:
        with transaction.atomic():
            session.merge(from_json(push.writes), seen=push.cursor)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # one push must not stop a person's others, whatever is wrong with it
        reason, frames = _reason(error), "".join(traceback.format_tb(error.__traceback__))
        message = "Push %s cannot be merged and stays in the inbox: %s"
        logger.error(message, push.key, reason, extra={"push": push.pk, "frames": frames})
        SyncPush.objects.filter(pk=push.pk).update(failed_at=Now(), error=f"{reason}\n{frames}")
        return False
    return True


def _reason(error: Exception) -> str:
    """Say what went wrong, without the row's content, which PostgreSQL adds and which is nobody's business."""
    cause = error.__cause__
    text = cause.diag.message_primary if isinstance(cause, PostgresError) else str(error)
    return f"{type(error).__name__}: {text}"


@contextmanager
def _patient(patience: timedelta) -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise Busy(f"Another process has been merging for {patience.total_seconds():g} s.") from error
        raise
