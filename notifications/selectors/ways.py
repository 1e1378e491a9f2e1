"""What apps have to know of the ways to them."""

from __future__ import annotations

from collections.abc import Sequence

from notifications.transports import ConfigurationError, UnknownTransport, transport_for
from notifications.transports.webpush import WebPush


def web_push_key(transports: Sequence[str]) -> str | None:
    """Give what browsers subscribe with; None where no Web Push is configured, or cannot work."""
    for name in transports:
        try:
            way = transport_for(name)
        except (ConfigurationError, UnknownTransport):
            continue
        if isinstance(way, WebPush):
            return way.public_key
    return None
