"""A delivery that this process has claimed."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID


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
