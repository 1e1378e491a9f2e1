"""Apple's push service, with provider tokens."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec

from ..http_transport import Answer, HttpConfig, HttpTransport
from ..jwt import p256_key
from ..options import CREDENTIALS, WIRE, Options, credentials, picked
from ..options import check as check_options
from ..outgoing import Outgoing
from ..reading import code_of, json_object
from ..wire import Reply, Request
from . import answers
from .message import body_of, check, headers_of
from .token import ProviderTokens

__all__ = ["APNs", "APNsConfig", "from_options"]


@dataclass(frozen=True, kw_only=True)
class APNsConfig(HttpConfig):
    """How to reach Apple, and as whom."""

    key: ec.EllipticCurvePrivateKey = field(repr=False)
    key_id: str
    team_id: str
    topic: str
    """The app's bundle id."""
    base_url: str = "https://api.push.apple.com"
    sandbox_url: str = "https://api.sandbox.push.apple.com"


def from_options(name: str, options: Options) -> APNs:
    """Make one with a .p8 key as its credentials. Raises `ConfigurationError`."""
    needed = ("key_id", "team_id", "topic")
    urls = {"base_url", "sandbox_url"}
    check_options(name, options, known=WIRE | CREDENTIALS | urls | set(needed), needed=needed)
    key = p256_key(credentials(name, options), f"What {name} has as credentials")
    return APNs(name, APNsConfig(key=key, **picked(options, WIRE | urls | set(needed))))


class APNs(HttpTransport):
    """Sends to apps on Apple's devices."""

    table = answers.TABLE

    def __init__(self, name: str, config: APNsConfig) -> None:
        super().__init__(name)
        self._topic = config.topic
        self._tokens = ProviderTokens(config.team_id, config.key_id, config.key)
        self._production, self._sandbox = (config.origin(url) for url in (config.base_url, config.sandbox_url))

    def check(self, message: Outgoing) -> None:
        """Raise `InvalidMessage` for what Apple would refuse."""
        check(message)

    def request(self, message: Outgoing, now: float) -> Request:
        """Give the request. Raises `InvalidMessage`."""
        check(message)
        token = self._tokens.token(now)
        return Request(
            key=message.id,
            origin=self._sandbox if message.sandbox else self._production,
            path=f"/3/device/{message.address.lower()}",
            headers=headers_of(message, self._topic, token, now),
            body=body_of(message),
            expires_at=now + message.seconds_left(now),
            credential=token,
        )

    def read(self, reply: Reply) -> Answer:
        """Read Apple's answer; its id of the message is the delivery's own."""
        if reply.status == 200:
            return Answer(code="sent")
        content = json_object(reply.body)
        return Answer(code=code_of(content.get("reason")), dead_since=answers.dead_since(content.get("timestamp")))

    def renew(self, credential: str) -> bool:
        """Tell whether the next token differs from this one, which was called expired.

        If not, this machine's clock is wrong by 20 minutes or more, or Apple's rules have changed.
        """
        return self._tokens.token(time.time()) != credential
