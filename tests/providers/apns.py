"""Apple's push service.

https://developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns
"""

from __future__ import annotations

import json
import re
import time
from typing import Any
from uuid import UUID, uuid4

from .credentials import APNS_KEY_ID, TEAM, TOPIC
from .service import Received, Reply
from .tokens import BadToken, Token, verified

RENEWAL = 1200
"""Seconds between two tokens of one key, at least."""
UPDATES = "TooManyProviderTokenUpdates"


class APNs:
    """Takes notifications; device tokens that begin with `dead` are of apps that are gone."""

    def __init__(self, key: Any) -> None:
        self.key = key
        self.tokens: dict[str, Token | str] = {}  # what each is good for: the token, or why not
        self.clear()

    def clear(self) -> None:
        self.tokens.clear()
        self.latest: float | None = None

    @staticmethod
    def address_of(request: Received) -> str:
        return request.path.removeprefix("/3/device/")

    def reply_to(self, request: Received) -> Reply:
        apns_id = request.headers.get("apns-id") or str(uuid4())
        if (refusal := self._refuse_token(request)) or (refusal := refuse_request(request)):
            return _reply(refusal[0], apns_id, {"reason": refusal[1]})
        if self.address_of(request).startswith("dead"):
            gone = {"reason": "Unregistered", "timestamp": int(time.time() * 1000) - 86_400_000}
            return _reply(410, apns_id, gone)
        accepted = {
            "address": self.address_of(request),
            "headers": {name: value for name, value in request.headers.items() if name.startswith("apns-")},
            "payload": json.loads(request.body),
        }
        return Reply(200, (("apns-id", apns_id),), b"", accepted)

    def _refuse_token(self, request: Received) -> tuple[int, str] | None:
        authorization = request.headers.get("authorization", "")
        if not authorization.startswith("bearer "):
            return 403, "MissingProviderToken"
        text = authorization.removeprefix("bearer ")
        if text not in self.tokens:
            self.tokens[text] = self._read(text)
        token = self.tokens[text]
        if isinstance(token, str):
            return 429 if token == UPDATES else 403, token
        return (403, "ExpiredProviderToken") if time.time() - token.claims["iat"] > 3600 else None

    def _read(self, text: str) -> Token | str:
        try:
            token = verified(text, self.key)
        except BadToken:
            return "InvalidProviderToken"
        if token.header != {"alg": "ES256", "kid": APNS_KEY_ID} or token.claims.get("iss") != TEAM:
            return "InvalidProviderToken"
        if self.latest is not None and abs(token.claims["iat"] - self.latest) < RENEWAL:
            return UPDATES
        self.latest = token.claims["iat"]
        return token


def refuse_request(request: Received) -> tuple[int, str] | None:
    """Say what the real service would refuse in this request."""
    headers = request.headers
    checks = (
        (request.headers[":method"] == "POST", (405, "MethodNotAllowed")),
        (bool(re.fullmatch(r"/3/device/[0-9a-f]{64,200}", request.path)), (400, "BadDeviceToken")),
        (bool(headers.get("apns-topic")), (400, "MissingTopic")),
        (headers.get("apns-topic") == TOPIC, (400, "DeviceTokenNotForTopic")),
        (headers.get("apns-push-type") in {"alert", "background"}, (400, "InvalidPushType")),
        (_is_uuid(headers.get("apns-id", str(uuid4()))), (400, "BadMessageId")),
        (headers.get("apns-expiration", "0").isdigit(), (400, "BadExpirationDate")),
        (headers.get("apns-priority", "10") in {"1", "5", "10"}, (400, "BadPriority")),
        (len(headers.get("apns-collapse-id", "").encode()) <= 64, (400, "BadCollapseId")),
        (bool(request.body), (400, "PayloadEmpty")),
        (len(request.body) <= 4096, (413, "PayloadTooLarge")),
    )
    return next((refusal for is_right, refusal in checks if not is_right), None)


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _reply(status: int, apns_id: str, content: dict[str, Any]) -> Reply:
    return Reply(status, (("apns-id", apns_id),), json.dumps(content).encode())
