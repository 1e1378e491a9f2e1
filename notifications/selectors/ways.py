"""By which ways a platform can be reached, as this server is set up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from django.conf import settings

from notifications.models import Device
from notifications.transports import ConfigurationError, UnknownTransport, transport_for
from notifications.transports.webpush import WebPush

KINDS: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        Device.Platform.ANDROID: ("fcm",),
        Device.Platform.IOS: ("apns", "fcm"),
        Device.Platform.WEB: ("webpush",),
    }
)
"""The kinds of transports that reach a platform, the better one first."""

LOCAL_KINDS = ("file", "console")
"""Kinds that stand in for any of them where no provider is configured."""


def ways_to(platform: str) -> list[str]:
    """Give the configured transports that reach a platform, the best first."""
    kinds = KINDS[Device.Platform(platform)]
    real = [name for kind in kinds for name in settings.PUSH_TRANSPORTS if kind_of(name) == kind]
    return real or [name for kind in LOCAL_KINDS for name in settings.PUSH_TRANSPORTS if kind_of(name) == kind]


def kind_of(transport: str) -> str:
    """Give the kind of a configured transport, which is its name where nothing else is said."""
    return str(settings.PUSH_TRANSPORTS[transport].get("kind", transport))


def web_push_key() -> str | None:
    """Give what browsers subscribe with; None where no Web Push is configured, or cannot work."""
    for name in ways_to(Device.Platform.WEB):
        try:
            way = transport_for(name)
        except (ConfigurationError, UnknownTransport):
            continue
        if isinstance(way, WebPush):
            return way.public_key
    return None
