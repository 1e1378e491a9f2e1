"""What has to be seen to from time to time: vanished senders, deliveries that are too late, old devices and rows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction

from notifications.models import Delivery, Device, ProviderState
from notifications.transports import configured

from .consequences import Case, consequence_of_loss
from .held import Consequence
from .statements import EXPIRE, FORGET, LOST, SETTLE

UNSEEN = timedelta(days=270)
"""After so long without the app being opened a device is retired; Google calls its tokens stale by then."""


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
    with connection.cursor() as cursor:
        cursor.execute(LOST, {"now": now})
        lost = list(map(Lost._make, cursor.fetchall()))
        if lost:
            following = [(one, consequence_of_loss(_case(one, now))) for one in lost]
            cursor.execute(SETTLE, _columns(following))
    return len(lost)


def _case(lost: Lost, now: datetime) -> Case:
    return Case(kind=lost.kind, attempts=lost.attempts, fence=lost.fence, not_after=lost.not_after, now=now)


def _columns(following: list[tuple[Lost, Consequence]]) -> dict[str, list[object]]:
    return {
        "id": [lost.id for lost, _ in following],
        "fence": [lost.fence for lost, _ in following],
        "state": [str(what.state) for _, what in following],
        "code": [what.code for _, what in following],
        "next_at": [what.next_at for _, what in following],
    }


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
