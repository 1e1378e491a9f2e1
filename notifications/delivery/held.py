"""A delivery that this process has claimed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from notifications.models import Delivery

State = Delivery.State


class Held(NamedTuple):
    """A claimed delivery with all that its message needs: the columns of `statements.CLAIMED`."""

    id: UUID
    fence: int
    attempts: int
    not_after: datetime
    notification_id: int
    user_id: int
    kind: str
    occurrence_key: str
    reminder_id: int | None
    day: date
    habits: list[int]
    facts: dict[str, object]
    email: str
    is_active: bool
    locale: str
    timezone: str
    device_id: int | None
    device_user_id: int | None
    device_state: str | None
    address: str | None
    address_hash: str | None
    address_kind: str | None
    sandbox: bool | None
    device_locale: str | None
    registered_at: datetime | None
    wait_until: datetime | None
    doubts: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequence:
    """What is written about a delivery."""

    state: str
    code: str = ""
    provider_id: str = ""
    next_at: datetime | None = None
    """When it is tried again; None leaves that as it is."""
    refund: int = 0
    """1 where the attempt did not count, since nothing can have reached the provider."""


def put_off(code: str, at: datetime, not_after: datetime, *, refund: int = 1) -> Consequence:
    """Try again at a moment, if there is time left then."""
    if at >= not_after:
        return Consequence(state=State.EXPIRED, code=code, refund=refund)
    return Consequence(state=State.PENDING, code=code, next_at=at, refund=refund)
