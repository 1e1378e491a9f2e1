"""What has to be seen to from time to time: vanished senders, deliveries that are too late, old devices and rows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction

from focusjobs.sql import columns, rows
from notifications.models import Delivery, Device, ProviderState
from notifications.transports import configured

from .consequences import Case, Consequence, consequence_of_loss
from .statements import EXPIRE, FORGET, LOST, SETTLE

UNSEEN = timedelta(days=270)
"""After so long without the app being opened a device is retired; Google calls its tokens stale by then."""


SETTLE_COLUMNS = ("id", "fence", "state", "code", "next_at")
"""What `statements.SETTLE` writes."""


class Lost(NamedTuple):
    """A delivery whose sender has not answered for it: the columns of `statements.LOST`."""

    id: UUID
    fence: int
    attempts: int
    not_after: datetime
    kind: str


def settle_lost(now: datetime) -> int:
    """Decide about deliveries whose lease is over; answer how many there were."""
    total = 0
    while count := _settle_some(now):
        total += count
    return total


@transaction.atomic
def _settle_some(now: datetime) -> int:
    lost = [Lost._make(row) for row in rows(LOST, {"now": now})]
    if lost:
        following = [(one, consequence_of_loss(_case(one, now))) for one in lost]
        rows(SETTLE, dict(zip(SETTLE_COLUMNS, columns(following, _settled), strict=True)))
    return len(lost)


def _case(lost: Lost, now: datetime) -> Case:
    return Case(kind=lost.kind, attempts=lost.attempts, fence=lost.fence, not_after=lost.not_after, now=now)


def _settled(one: tuple[Lost, Consequence]) -> tuple[object, ...]:
    lost, what = one
    return lost.id, lost.fence, str(what.state), what.code, what.next_at


def expire(now: datetime) -> int:
    """End what was not sent in time; answer how many there were."""
    total = 0
    for transport in ways():
        with connection.cursor() as cursor:
            while True:
                cursor.execute(EXPIRE, {"transport": transport, "now": now})
                total += cursor.rowcount
                if not cursor.rowcount:
                    break
    return total


def ways() -> list[str]:
    """Give the transports that there are or have been; each has its state from here on."""
    known = set(ProviderState.objects.values_list("transport", flat=True))
    missing = set(configured()) - known
    ProviderState.objects.bulk_create([ProviderState(transport=name) for name in missing], ignore_conflicts=True)
    return sorted(known | missing)


def waiting(now: datetime) -> list[str]:
    """Give the transports through which something is to be sent now."""
    due = Delivery.objects.filter(state=Delivery.State.PENDING, next_at__lte=now)
    return [transport for transport in ways() if due.filter(transport=transport).exists()]


def retire_unseen(now: datetime) -> int:
    """Retire devices whose app was not opened for `UNSEEN`; answer how many."""
    unseen = Device.objects.filter(state=Device.State.ACTIVE, last_seen_at__lte=now - UNSEEN)
    reason = Device.Reason.UNSEEN
    retired: int = unseen.update(state=Device.State.RETIRED, retired_reason=reason, retired_at=now, address="")
    return retired


def forget(before: datetime) -> int:
    """Delete notifications made before a moment, with what was sent and is in the inbox; answer how many.

    Each batch is a transaction of its own.
    """
    total = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(FORGET, {"before": before})
            total += int(cursor.rowcount)
            if not cursor.rowcount:
                return total
