"""Firebase Cloud Messaging, HTTP v1, and the OAuth endpoint that its senders need.

https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

from .credentials import CLIENT_EMAIL, KEY_ID, PROJECT
from .service import Received, Reply, json_reply
from .tokens import BadToken, Token, verified

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TYPE = "type.googleapis.com/"
FORBIDDEN_KEYS = ("google", "gcm")
MESSAGE_KEYS = {"token", "fid", "topic", "condition", "data", "notification", "android", "apns", "webpush"}


class OAuth:
    """Hands out access tokens for signed assertions."""

    def __init__(self, key: Any, token_uri: str) -> None:
        self.key, self.token_uri, self.life = key, token_uri, 3599
        self.issued: dict[str, float] = {}

    def reply_to(self, request: Received) -> Reply:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if (
            request.headers.get("content-type") != "application/x-www-form-urlencoded"
            or form.get("grant_type") != GRANT
        ):
            return json_reply(400, {"error": "unsupported_grant_type"})
        try:
            token = verified(form["assertion"], self.key)
        except BadToken as error:
            return json_reply(400, {"error": "invalid_grant", "error_description": str(error)})
        if problems := list(self._problems(token)):
            return json_reply(400, {"error": "invalid_grant", "error_description": "; ".join(problems)})
        access = f"ya29.{len(self.issued)}.{'x' * 150}"
        self.issued[access] = time.time() + self.life
        answer = {"access_token": access, "expires_in": self.life, "token_type": "Bearer"}
        return json_reply(200, answer, {"assertion": token.claims})

    def _problems(self, token: Token) -> Iterator[str]:
        claims, now = token.claims, time.time()
        if token.header != {"alg": "RS256", "typ": "JWT", "kid": KEY_ID}:
            yield "header"
        if (claims.get("iss"), claims.get("aud"), claims.get("scope")) != (CLIENT_EMAIL, self.token_uri, SCOPE):
            yield "iss, aud or scope"
        if not now - 60 <= claims.get("iat", 0) <= now + 60 or claims.get("exp", 0) > claims.get("iat", 0) + 3600:
            yield "iat or exp"

    def is_good(self, access: str) -> bool:
        return self.issued.get(access, 0) > time.time()


class FCM:
    """Takes messages; tokens that begin with `dead` are of apps that are gone."""

    def __init__(self, oauth: OAuth) -> None:
        self.oauth = oauth

    @staticmethod
    def address_of(request: Received) -> str:
        message = json.loads(request.body).get("message", {})
        return str(message.get("token") or message.get("fid") or "")

    def reply_to(self, request: Received) -> Reply:
        if request.headers[":path"] != f"/v1/projects/{PROJECT}/messages:send":
            return json_reply(404, {"error": {"code": 404, "message": "Not found.", "status": "NOT_FOUND"}})
        if not self.oauth.is_good(request.headers.get("authorization", "").removeprefix("Bearer ")):
            return json_reply(401, failure(401, "UNAUTHENTICATED"))
        content = json.loads(request.body)
        message = content["message"]
        if violations := list(violations_of(message)):
            return json_reply(400, failure(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", violations=violations))
        address = message.get("token") or message.get("fid")
        if address.startswith("dead"):
            return json_reply(404, failure(404, "NOT_FOUND", "UNREGISTERED"))
        name = f"projects/{PROJECT}/messages/0:{time.time_ns()}"
        return json_reply(200, {"name": name}, {"address": address, "message": message, "name": name})


def violations_of(message: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Name the fields that the real service would refuse, and why."""
    if len({"token", "fid", "topic", "condition"} & message.keys()) != 1:
        yield "message", "Recipient of the message is not set, or set twice."
    for key in message.keys() - MESSAGE_KEYS:
        yield "message", f'Invalid JSON payload received. Unknown name "{key}": Cannot find field.'
    for key, value in message.get("data", {}).items():
        if not isinstance(value, str):
            yield f"message.data[{key}]", "Invalid value (not a string)"
        if key in {"from", "message_type"} or key.startswith(FORBIDDEN_KEYS):
            yield f"message.data[{key}]", f"Invalid data payload key: {key}"
    payload = {name: message[name] for name in ("data", "notification") if name in message}
    if len(json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()) > 4096:
        yield "message", "Message is too big."
    ttl = message.get("android", {}).get("ttl", "0s")
    if not ttl.endswith("s") or not 0 <= float(ttl[:-1]) <= 2419200:
        yield "message.android.ttl", f"Invalid duration {ttl}"


def failure(
    code: int,
    status: str,
    error_code: str = "",
    *,
    message: str = "Told by the tests.",
    violations: list[tuple[str, str]] | None = None,
) -> dict[str, Any]:
    """Give the body of an error in Google's form."""
    details: list[dict[str, Any]] = []
    if error_code:
        details.append({"@type": f"{TYPE}google.firebase.fcm.v1.FcmError", "errorCode": error_code})
    if violations:
        fields = [{"field": field, "description": text} for field, text in violations]
        details.append({"@type": f"{TYPE}google.rpc.BadRequest", "fieldViolations": fields})
    return {"error": {"code": code, "message": message, "status": status, "details": details}}
