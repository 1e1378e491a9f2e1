"""The token by which push services know the sender (RFC 8292)."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ..jwt import base64url, sign_es256

WINDOW = 12 * 3600
"""Seconds for which a token is used."""
LIFE = 20 * 3600
"""Seconds from the beginning of a window to the end of its token: 24 hours are allowed, and clocks differ."""


class Vapid:
    """Tokens of one key, one for each origin and window; the same in every process."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, contact: str) -> None:
        self._key, self._contact = key, contact
        point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.public_key = base64url(point)
        """What a browser subscribes with, as `applicationServerKey`."""
        self._tokens: dict[str, tuple[int, str]] = {}

    def authorization(self, origin: str, now: float) -> str:
        """Give the value of the Authorization header for a push service."""
        begin = int(now // WINDOW) * WINDOW
        made_for, value = self._tokens.get(origin, (-1, ""))
        if made_for != begin:
            claims = {"aud": origin, "exp": begin + LIFE, "sub": self._contact}
            value = f"vapid t={sign_es256(claims, self._key, {'typ': 'JWT'})},k={self.public_key}"
            self._tokens[origin] = (begin, value)
        return value
