"""A message that is ready to leave: the text is rendered, the address known. It knows no tables and no language."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from .outcome import EXPIRED, Outcome

COLLAPSE_ID = re.compile(r"[A-Za-z0-9_-]{1,32}")
"""What every provider takes: a Topic of RFC 8030 is the narrowest."""


class Priority(StrEnum):
    """How hard a device may be woken."""

    HIGH = "high"
    NORMAL = "normal"


class InvalidMessage(ValueError):
    """The message cannot be sent through this transport. The text names neither the address nor the words of it."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class SubscriptionKeys:
    """What a browser gives beside the endpoint, in base64url (RFC 8291)."""

    p256dh: str = field(repr=False)
    auth: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """One message to one device. Its `repr` shows neither the address nor the words."""

    id: UUID
    """The delivery's, the same at every repetition: providers and devices can tell a repetition by it."""
    address: str = field(repr=False)
    """A device token, a Firebase installation id, an endpoint, or an e-mail address."""
    title: str = field(repr=False)
    body: str = field(repr=False)
    collapse_id: str
    """What takes the place of an earlier message on the device: up to 32 characters of base64url."""
    not_after: datetime
    """It is worth nothing from then on: it is neither sent nor stored by the provider."""
    data: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What the app on the device reads; `delivery_id` is added."""
    priority: Priority = Priority.HIGH
    ttl: timedelta | None = None
    """How long a provider may keep it for a device that is away, if less than until `not_after`."""
    private: bool = False
    """Hide the words on a locked screen and in logs."""
    address_kind: str = "token"
    """FCM: `token`, or `fid` for a Firebase installation id."""
    sandbox: bool = False
    """APNs: the token is of the development environment."""
    keys: SubscriptionKeys | None = None
    """Web Push: the browser's keys."""
    html: str = field(default="", repr=False)
    """E-mail: the same words in HTML."""
    unsubscribe_url: str = field(default="", repr=False)
    """E-mail: where one click ends such messages (RFC 8058)."""

    def seconds_left(self, now: float) -> int:
        """Give the whole seconds for which it is worth delivering; 0 or less if it is not any more."""
        left = self.not_after.timestamp() - now
        return int(left if self.ttl is None else min(left, self.ttl.total_seconds()))

    def expired(self) -> Outcome | None:
        """Give the outcome of a message whose time is over, which is not sent; None while there is time."""
        return EXPIRED.outcome("expired") if self.seconds_left(time.time()) < 1 else None

    def check(self) -> None:
        """Check what every transport wants. Raises `InvalidMessage`."""
        if not COLLAPSE_ID.fullmatch(self.collapse_id):
            raise InvalidMessage("bad_collapse_id", "A collapse id has 1 to 32 letters, digits, “-” or “_”.")
        if self.not_after.tzinfo is None:
            raise InvalidMessage("naive_time", "not_after needs a time zone.")
        if not all(isinstance(part, str) for pair in self.data.items() for part in pair):
            raise InvalidMessage("bad_data", "The data of a message are texts by name.")
        if not self.address:
            raise InvalidMessage("no_address", "The message has no address.")
        if not (self.title or self.body):
            raise InvalidMessage("empty", "The message has neither a title nor a body.")

    @property
    def full_data(self) -> dict[str, str]:
        """Give the data with the delivery's id, by which an app drops a repetition."""
        return {**self.data, "delivery_id": str(self.id)}
