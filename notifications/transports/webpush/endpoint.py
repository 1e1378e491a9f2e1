"""Where a browser wants its messages: an address that a stranger has sent, so only known servers are talked to."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ..outgoing import InvalidMessage

KNOWN_HOSTS = (
    "fcm.googleapis.com",  # Chrome, and browsers made from it
    "updates.push.services.mozilla.com",  # Firefox
    "web.push.apple.com",  # Safari
    "*.push.apple.com",
    "*.notify.windows.com",  # Edge
)
"""The push services of the browsers in use. `*.` stands for any one or more labels."""

LONGEST = 2000
SAFE = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True)
class Endpoint:
    """An endpoint that may be used."""

    origin: str
    path: str = field(repr=False)


def endpoint_of(address: str, hosts: Collection[str]) -> Endpoint:
    """Take an endpoint apart. Raises `InvalidMessage` unless it is https to one of the hosts.

    hosts: names, with a leading `*.` for what is below them, and with `:port` for another port than 443.
    """
    if len(address) > LONGEST or not SAFE.fullmatch(address):
        raise InvalidMessage("bad_endpoint", "An endpoint is an address without spaces, of up to 2,000 characters.")
    try:
        parts = urlsplit(address)
        port = parts.port or 443
    except ValueError as error:
        raise InvalidMessage("bad_endpoint", "The endpoint is no address.") from error
    host = f"{parts.hostname or ''}:{port}"
    if parts.scheme != "https" or "@" in parts.netloc or not _is_among(host, hosts):
        raise InvalidMessage("foreign_endpoint", "The endpoint is not https to a push service that is allowed.")
    path = parts.path or "/"
    origin = f"https://{parts.hostname}" if port == 443 else f"https://{host}"
    return Endpoint(origin, f"{path}?{parts.query}" if parts.query else path)


def _is_among(host: str, hosts: Collection[str]) -> bool:
    for known in hosts:
        pattern = known if ":" in known else f"{known}:443"
        if host == pattern or (pattern.startswith("*.") and host.endswith(pattern[1:]) and host != pattern[2:]):
            return True
    return False
