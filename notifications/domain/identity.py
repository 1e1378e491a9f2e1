"""The names by which an occurrence and its deliveries are known: the same whoever works them out, and how often.

Pure: no Django, no clock, no I/O.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import date, datetime
from hashlib import sha256
from uuid import UUID, uuid5

NAMESPACE = UUID("6f1e7e52-6d2c-4c8a-8f56-0a0c5f1d9b3e")
"""Of this project's deliveries; never to change, or repetitions would go unrecognised."""

COLLAPSE_BYTES = 18
"""Of the hash, 24 characters: a Topic of RFC 8030 has 32 at most."""


def occurrence_key(reminder_id: int | str, day: date) -> str:
    """Name what a reminder fires on a local date. reminder_id: or `%s`, to have it put in later."""
    return f"reminder:{reminder_id}:{day.isoformat()}"


def snoozed_key(reminder_id: int | str, day: date, until: datetime) -> str:
    """Name what a reminder fires when it has been snoozed until an instant."""
    return f"{occurrence_key(reminder_id, day)}:snoozed:{int(until.timestamp())}"


def delivery_id(user_id: int, occurrence: str, target: str) -> UUID:
    """Give the id of what is sent to one device of a person, or to their mailbox, for an occurrence.

    It goes to the provider and to the app with every attempt, so that both can tell a repetition.
    """
    return uuid5(NAMESPACE, f"{user_id}/{occurrence}/{target}")


def collapse_id(user_id: int, occurrence: str) -> str:
    """Give what lets a device show a repetition in place of the first; a snoozed reminder replaces the one before."""
    shown = occurrence.partition(":snoozed:")[0]
    digest = sha256(f"{user_id}/{shown}".encode()).digest()
    return urlsafe_b64encode(digest[:COLLAPSE_BYTES]).decode()
