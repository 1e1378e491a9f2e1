"""Takes deliveries for sending, as many as their transport may be used for."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from focusjobs.sql import rows
from notifications.models import Delivery

from . import gate
from .held import Held
from .statements import CLAIM, CLAIMED, CLAIMED_AT_ONCE

JSON_COLUMNS = (Held._fields.index("habits"), Held._fields.index("facts"))


@dataclass(frozen=True, slots=True)
class Batch:
    """What was claimed."""

    held: Sequence[Held]
    wait: timedelta | None = None
    """Where nothing was claimed because the transport may not be used: when to ask again."""


def claim(transport: str, now: datetime, most: int = CLAIMED_AT_ONCE) -> Batch:
    """Claim due deliveries of a transport and commit that. A claim holds for PUSH_LEASE."""
    with transaction.atomic():
        state = gate.locked(transport)
        given = gate.permit(state, most, now)
        if not given.count:
            return Batch((), given.wait)
        ids = [name for (name,) in rows(CLAIM.format(limit=given.count), _claimed_by(transport, now))]
        gate.use(state, given, len(ids), now)
    return Batch([_held(columns) for columns in rows(CLAIMED, [ids])] if ids else ())


def wait_for_next(transport: str, now: datetime) -> timedelta | None:
    """Give the time until the next delivery is to be sent; None if there is none, or others are at it."""
    pending = Delivery.objects.filter(transport=transport, state=Delivery.State.PENDING, next_at__gt=now)
    next_at = pending.order_by("next_at").values_list("next_at", flat=True).first()
    return next_at - now if next_at is not None else None


def _claimed_by(transport: str, now: datetime) -> dict[str, Any]:
    name = f"{socket.gethostname()[:80]}:{os.getpid()}"
    return {"transport": transport, "now": now, "lease_until": now + settings.PUSH_LEASE, "claimed_by": name}


def _held(columns: Sequence[Any]) -> Held:
    values = list(columns)
    for place in JSON_COLUMNS:
        values[place] = json.loads(values[place])
    return Held._make(values)
