"""A message in the form of FCM's HTTP v1 interface.

https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages
"""

from __future__ import annotations

import json
from typing import Any

from ..outgoing import InvalidMessage, Outgoing, Priority

MOST_BYTES = 4096
"""Of data and notification together."""
LONGEST_TTL = 2_419_200
"""Seconds for which FCM stores a message: four weeks."""
RESERVED = frozenset({"from", "message_type", "collapse_key"})
RESERVED_BEGINNINGS = ("google", "gcm")
ADDRESS_KINDS = frozenset({"token", "fid"})


def check(message: Outgoing) -> None:
    """Raise `InvalidMessage` for what FCM would refuse."""
    if message.address_kind not in ADDRESS_KINDS:
        raise InvalidMessage("bad_address_kind", "An FCM address is a token or a fid.")
    for key in message.data:
        if key in RESERVED or key.startswith(RESERVED_BEGINNINGS):
            raise InvalidMessage("reserved_key", f"FCM keeps the data key “{key[:40]}” for itself.")
    size = len(_json(payload(message)))
    if size > MOST_BYTES:
        raise InvalidMessage("payload_too_large", f"{size} bytes; FCM takes {MOST_BYTES} of data and text.")


def payload(message: Outgoing) -> dict[str, Any]:
    """Give the part whose size FCM limits."""
    return {"notification": {"title": message.title, "body": message.body}, "data": message.full_data}


def body_of(message: Outgoing, now: float) -> bytes:
    """Give the body of the request."""
    left = min(max(message.seconds_left(now), 0), LONGEST_TTL)
    content = {
        message.address_kind: message.address,
        **payload(message),
        "android": _android(message, left),
        "apns": _apns(message, now, left),
    }
    return _json({"message": content})


def _android(message: Outgoing, left: int) -> dict[str, Any]:
    # The tag replaces what is shown. A collapse_key would too, but a device keeps four of them at most.
    shown = {"tag": message.collapse_id, "visibility": "PRIVATE" if message.private else "PUBLIC"}
    priority = "HIGH" if message.priority == Priority.HIGH else "NORMAL"
    return {"priority": priority, "ttl": f"{left}s", "notification": shown}


def _apns(message: Outgoing, now: float, left: int) -> dict[str, Any]:
    return {
        "headers": {
            "apns-collapse-id": message.collapse_id,
            "apns-expiration": str(int(now) + left),
            "apns-priority": "10" if message.priority == Priority.HIGH else "5",
        }
    }


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
