"""A message in the form of Apple's push service.

https://developer.apple.com/documentation/usernotifications/generating-a-remote-notification
"""

from __future__ import annotations

import json
import re
from typing import Any

from ..outgoing import InvalidMessage, Outgoing, Priority

MOST_BYTES = 4096
ADDRESS = re.compile(r"(?:[0-9a-fA-F]{2}){32,100}")


def check(message: Outgoing) -> None:
    """Raise `InvalidMessage` for what Apple would refuse."""
    if not ADDRESS.fullmatch(message.address):
        raise InvalidMessage("bad_address", "An APNs device token is 32 to 100 bytes in hexadecimal.")
    if "aps" in message.data:
        raise InvalidMessage("reserved_key", "Apple keeps the data key “aps” for itself.")
    size = len(body_of(message))
    if size > MOST_BYTES:
        raise InvalidMessage("payload_too_large", f"{size} bytes; APNs takes {MOST_BYTES}.")


def body_of(message: Outgoing) -> bytes:
    """Give the body of the request."""
    aps: dict[str, Any] = {"alert": {"title": message.title, "body": message.body}, "sound": "default"}
    if message.private:
        aps["category"] = "private"  # the app declares what a locked screen shows of this category
    return json.dumps({"aps": aps, **message.full_data}, ensure_ascii=False, separators=(",", ":")).encode()


def headers_of(message: Outgoing, topic: str, provider_token: str, now: float) -> tuple[str, ...]:
    """Give the headers of the request."""
    return (
        f"authorization: bearer {provider_token}",
        f"apns-topic: {topic}",
        "apns-push-type: alert",
        f"apns-id: {message.id}",
        f"apns-priority: {10 if message.priority == Priority.HIGH else 5}",
        f"apns-expiration: {int(now) + max(message.seconds_left(now), 0)}",
        f"apns-collapse-id: {message.collapse_id}",
        "Content-Type: application/json",
    )
