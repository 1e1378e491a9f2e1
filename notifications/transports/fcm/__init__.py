"""Firebase Cloud Messaging, over its HTTP v1 interface."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from ..http_transport import Answer, HttpConfig, HttpTransport
from ..options import CREDENTIALS, WIRE, Options, credentials, picked
from ..options import check as check_options
from ..outgoing import Outgoing
from ..reading import json_object
from ..wire import Origin, Reply, Request
from . import answers
from .message import body_of, check
from .oauth import AccessTokens, ServiceAccount

__all__ = ["FCM", "FCMConfig", "ServiceAccount", "from_options"]

MOST_ID = 200
"""Characters of a message's name that are kept."""


@dataclass(frozen=True, kw_only=True)
class FCMConfig(HttpConfig):
    """How to reach FCM, and as whom."""

    account: ServiceAccount
    base_url: str = "https://fcm.googleapis.com"


def from_options(name: str, options: Options) -> FCM:
    """Make one with a service account as its credentials. Raises `ConfigurationError`."""
    check_options(name, options, known=WIRE | CREDENTIALS | {"token_uri", "base_url"})
    account = ServiceAccount.from_json(credentials(name, options), f"What {name} has as credentials")
    if token_uri := options.get("token_uri"):
        account = replace(account, token_uri=token_uri)
    return FCM(name, FCMConfig(account=account, **picked(options, WIRE | {"base_url"})))


class FCM(HttpTransport):
    """Sends to Android apps, and to others that have registered with Firebase."""

    table = answers.TABLE

    def __init__(self, name: str, config: FCMConfig) -> None:
        super().__init__(name)
        self._origin = config.origin(config.base_url)
        self._path = f"/v1/projects/{config.account.project_id}/messages:send"
        uri = urlsplit(config.account.token_uri)
        tokens_at = Origin(
            url=f"{uri.scheme}://{uri.netloc}", ca_file=config.ca_file, proxy=config.proxy, http2_only=False
        )
        self._tokens = AccessTokens(config.account, tokens_at)

    def check(self, message: Outgoing) -> None:
        """Raise `InvalidMessage` for what FCM would refuse."""
        check(message)

    def request(self, message: Outgoing, now: float) -> Request:
        """Give the request. Raises `InvalidMessage`, `Unavailable`."""
        check(message)
        token = self._tokens.token()
        return Request(
            key=message.id,
            origin=self._origin,
            path=self._path,
            headers=(f"Authorization: Bearer {token}", "Content-Type: application/json"),
            body=body_of(message, now),
            expires_at=now + message.seconds_left(now),
            credential=token,
        )

    def read(self, reply: Reply) -> Answer:
        """Read FCM's answer."""
        if reply.status != 200:
            return Answer(code=answers.code_in(reply.status, reply.body))
        name = json_object(reply.body).get("name")
        return Answer(code="sent", provider_id=name[:MOST_ID] if isinstance(name, str) else "")

    def renew(self, credential: str) -> bool:
        """Use this access token no more; tell whether another will be used."""
        return self._tokens.refuse(credential)
