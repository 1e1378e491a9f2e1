"""What goes over the wire, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Origin:
    """A server, and how to talk to it; all requests to one origin share connections."""

    url: str
    """Its base address, as `https://api.push.apple.com`."""
    ca_file: str = ""
    """Certificates to trust in place of the system's."""
    proxy: str = field(default="", repr=False)
    """An HTTP proxy that tunnels (CONNECT), with its credentials if it wants some."""
    http2_only: bool = True
    """Refuse a server that does not speak HTTP/2."""
    in_flight: int = 100
    """Requests under way at once; 100 streams is what servers allow where they do not say."""
    connections: int = 2
    """At once, while one that the server is closing ends what it has begun."""
    timeout: float = 15.0
    """Seconds for a request, from its turn to the last byte of the answer. Google wants 10 at least."""
    connect_timeout: float = 5.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A POST. Its `repr` shows neither where it goes nor what it says, since both are personal."""

    key: Any
    """Whatever the caller knows it by."""
    origin: Origin
    path: str = field(repr=False)
    headers: tuple[str, ...] = field(repr=False)
    body: bytes = field(repr=False)
    expires_at: float
    """Seconds since 1970 after which it must not be sent."""
    credential: str = field(default="", repr=False)
    """The token that it carries, for whoever has to know which one was refused."""


class Failure(StrEnum):
    """Why there is no answer, or none that is whole."""

    EXPIRED = "expired"
    """Its time was over when its turn came. Nothing was sent."""
    UNREACHABLE = "unreachable"
    """No connection could be made, or none is tried before a while is over. Nothing was sent."""
    UNTRUSTED = "untrusted"
    """The server's certificate is not to be trusted, or it does not speak HTTP/2. Nothing was sent."""
    REFUSED = "refused"
    """The server has said that it did nothing with it: REFUSED_STREAM, or above the last stream of its GOAWAY."""
    WITHDRAWN = "withdrawn"
    """The runtime ended before its turn came. Nothing was sent."""
    TIMEOUT = "timeout"
    """It was sent, and no answer came in time."""
    BROKEN = "broken"
    """It was sent, at least in part, and the stream or the connection ended without a whole answer."""


NOT_SENT = frozenset({Failure.EXPIRED, Failure.UNREACHABLE, Failure.UNTRUSTED, Failure.REFUSED, Failure.WITHDRAWN})
"""The server has certainly done nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What came back: an answer, a failure, or the beginning of an answer and a failure."""

    status: int = 0
    """0 if the server's answer did not begin."""
    body: bytes = field(default=b"", repr=False)
    failure: Failure | None = None
    detail: str = ""
    """Of a failure: libcurl's number for it, as `curl_56`."""
    retry_after: timedelta | None = None
    generation: int = 0
    """Which connections it used: for `Runtime.reconnect`."""
