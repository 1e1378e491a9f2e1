"""A Web Push service (RFC 8030) and the browsers behind it, which decrypt what they get (RFC 8291, RFC 8188)."""

from __future__ import annotations

import json
import re
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from os import urandom
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .service import Received, Reply
from .tokens import BadToken, Token, decoded, verified


@dataclass(frozen=True)
class Subscription:
    """One browser's keys."""

    key: ec.EllipticCurvePrivateKey
    auth: bytes

    @property
    def p256dh(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def decrypt(self, body: bytes) -> bytes:
        """Read one record of aes128gcm; raises ValueError or InvalidTag where it is not for this browser."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        if len(sealed) > size:
            raise ValueError("more than one record")
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        seed = _hkdf(self.auth, shared, b"WebPush: info\x00" + self.p256dh + sender, 32)
        secret = _hkdf(salt, seed, b"Content-Encoding: aes128gcm\x00", 16)
        nonce = _hkdf(salt, seed, b"Content-Encoding: nonce\x00", 12)
        text = AESGCM(secret).decrypt(nonce, sealed, None).rstrip(b"\x00")
        if text[-1:] != b"\x02":
            raise ValueError("the last record does not end as it must")
        return text[:-1]


def _hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


class WebPush:
    """Takes encrypted messages for its subscriptions; others get 410."""

    def __init__(self, key: Any, origin: str) -> None:
        self.key, self.origin = key, origin
        self.public = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.subscriptions: dict[str, Subscription] = {}
        self.tokens: dict[str, Token | None] = {}

    def clear(self) -> None:
        self.tokens.clear()

    def subscribe(self) -> dict[str, str]:
        """Let a browser subscribe, and give what it would hand to the application."""
        subscription = Subscription(ec.generate_private_key(ec.SECP256R1()), urandom(16))
        path = f"/push/{urandom(16).hex()}"
        self.subscriptions[path] = subscription
        return {
            "endpoint": self.origin + path,
            "p256dh": urlsafe_b64encode(subscription.p256dh).decode().rstrip("="),
            "auth": urlsafe_b64encode(subscription.auth).decode().rstrip("="),
        }

    @staticmethod
    def address_of(request: Received) -> str:
        return request.path

    def reply_to(self, request: Received) -> Reply:
        headers = request.headers
        if not headers.get("ttl", "").isdigit():
            return Reply(400, body=b"TTL")
        if not self._is_authorized(headers.get("authorization", "")):
            return Reply(403, body=b"VAPID")
        if headers.get("urgency", "normal") not in {"very-low", "low", "normal", "high"}:
            return Reply(400, body=b"Urgency")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", headers.get("topic", "x")):
            return Reply(400, body=b"Topic")
        if len(request.body) > 4096:
            return Reply(413)
        if request.path not in self.subscriptions:
            return Reply(410)
        if headers.get("content-encoding") != "aes128gcm":
            return Reply(415)
        kept = {name: headers.get(name, "") for name in ("ttl", "urgency", "topic")}
        accepted = {"address": request.path, "headers": kept, "sealed": request.body}
        return Reply(201, (("location", f"{self.origin}/m/{time.time_ns()}"),), b"", accepted)

    def _is_authorized(self, authorization: str) -> bool:
        found = re.fullmatch(r"vapid t=([^,]+), ?k=(\S+)", authorization)
        if not found or decoded(found[2]) != self.public:
            return False
        if found[1] not in self.tokens:
            try:
                self.tokens[found[1]] = verified(found[1], self.key)
            except BadToken:
                self.tokens[found[1]] = None
        token = self.tokens[found[1]]
        return token is not None and self._is_current(token.claims)

    def _is_current(self, claims: dict[str, Any]) -> bool:
        now = time.time()
        contact = str(claims.get("sub", "")).startswith(("mailto:", "https:"))
        return claims.get("aud") == self.origin and now < claims.get("exp", 0) <= now + 86400 and contact

    def opened(self, accepted: dict[str, Any]) -> dict[str, Any]:
        """Give an accepted message with what the browser reads in it."""
        text = self.subscriptions[accepted["address"]].decrypt(accepted["sealed"])
        return {**accepted, "sealed": len(accepted["sealed"]), "payload": json.loads(text)}
