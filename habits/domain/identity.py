"""Identifiers that every phone works out alike, offline. Pure: no Django, no clock, no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid5

if TYPE_CHECKING:
    from datetime import date

NIL = UUID(int=0)


def completion_id(habit: str, day: date, slot: str = "") -> str:
    """Return the identifier of a day of a habit, or of one device's share of it where `slot` names the device.

    Version 5 UUID (RFC 9562) of “2026-01-31” or “2026-01-31/phone-a” in the namespace that is the habit's identifier;
    where that is no UUID, in the namespace that is its own version 5 UUID below the nil UUID.
    """
    try:
        namespace = UUID(habit)
    except ValueError:
        namespace = uuid5(NIL, habit)
    return str(uuid5(namespace, f"{day.isoformat()}/{slot}" if slot else day.isoformat()))
