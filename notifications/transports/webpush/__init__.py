"""Web Push: messages to browsers, through the push service of each."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec

from ..http_transport import Answer, HttpConfig, HttpTransport
from ..jwt import p256_key
from ..options import CREDENTIALS, WIRE, Options, check, credentials, picked
from ..outgoing import InvalidMessage, Outgoing, Priority
from ..transport import ConfigurationError
from ..wire import Reply, Request
from . import answers
from .encryption import MOST_TEXT, Recipient, encrypt
from .endpoint import KNOWN_HOSTS, endpoint_of
from .vapid import Vapid

__all__ = ["KNOWN_HOSTS", "WebPush", "WebPushConfig", "from_options"]


@dataclass(frozen=True, kw_only=True)
class WebPushConfig(HttpConfig):
    """As whom to send, and to which servers."""

    key: ec.EllipticCurvePrivateKey = field(repr=False)
    contact: str
    """How a push service reaches the sender: `mailto:` or `https:`."""
    hosts: tuple[str, ...] = KNOWN_HOSTS


def from_options(name: str, options: Options) -> WebPush:
    """Make one with a key on P-256 as its credentials. Raises `ConfigurationError`."""
    check(name, options, known=WIRE | CREDENTIALS | {"contact", "hosts"}, needed=("contact",))
    if not str(options["contact"]).startswith(("mailto:", "https:")):
        raise ConfigurationError(f"{name}: contact begins with mailto: or https:.")
    key = p256_key(credentials(name, options), f"What {name} has as credentials")
    chosen = picked(options, WIRE | {"contact", "hosts"})
    if "hosts" in chosen:
        chosen["hosts"] = tuple(chosen["hosts"])
    return WebPush(name, WebPushConfig(key=key, **chosen))


class WebPush(HttpTransport):
    """Sends to browsers."""

    table = answers.TABLE
    failures = answers.FAILED

    def __init__(self, name: str, config: WebPushConfig) -> None:
        super().__init__(name)
        self._vapid = Vapid(config.key, config.contact)
        self._config = config

    @property
    def public_key(self) -> str:
        """What browsers subscribe with, in base64url (`applicationServerKey`)."""
        return self._vapid.public_key

    def check(self, message: Outgoing) -> None:
        """Raise `InvalidMessage` for what a push service or a browser would refuse, and for a foreign endpoint."""
        endpoint_of(message.address, self._config.hosts)
        recipient_of(message)
        size = len(text_of(message))
        if size > MOST_TEXT:
            raise InvalidMessage("payload_too_large", f"{size} bytes; a push message has {MOST_TEXT} at most.")

    def request(self, message: Outgoing, now: float) -> Request:
        """Give the request. Raises `InvalidMessage`."""
        endpoint = endpoint_of(message.address, self._config.hosts)
        body = encrypt(text_of(message), recipient_of(message))
        left = message.seconds_left(now)
        headers = (
            f"Authorization: {self._vapid.authorization(endpoint.origin, now)}",
            f"TTL: {left}",
            f"Urgency: {'high' if message.priority == Priority.HIGH else 'normal'}",
            f"Topic: {message.collapse_id}",
            "Content-Encoding: aes128gcm",
            "Content-Type: application/octet-stream",
        )
        origin = self._config.origin(endpoint.origin, http2_only=False)
        return Request(
            key=message.id, origin=origin, path=endpoint.path, headers=headers, body=body, expires_at=now + left
        )

    def read(self, reply: Reply) -> Answer:
        """Read the answer: its status says everything. The address of the message that comes with it is a secret."""
        return Answer(code="sent" if 200 <= reply.status < 300 else "")

    def renew(self, credential: str) -> bool:
        """Tell that no other token will be used: none of the answers asks for one."""
        return False


def recipient_of(message: Outgoing) -> Recipient:
    """Give the browser's keys. Raises `InvalidMessage`."""
    if message.keys is None:
        raise InvalidMessage("no_keys", "A Web Push message needs the keys of its subscription.")
    return Recipient.from_keys(message.keys)


def text_of(message: Outgoing) -> bytes:
    """Give what the service worker reads: title, body, tag, private, data."""
    content = {
        "title": message.title,
        "body": message.body,
        "tag": message.collapse_id,
        "private": message.private,
        "data": message.full_data,
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
