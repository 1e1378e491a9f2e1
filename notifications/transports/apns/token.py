"""The token by which Apple knows the sender: one for the whole fleet, though nobody shares it.

Apple refuses a token that is over an hour old, and answers TooManyProviderTokenUpdates where one key's tokens change
more often than every 20 minutes. So each process makes the same one: its time is the beginning of a window of 40
minutes, and its signature is deterministic (RFC 6979).
https://developer.apple.com/documentation/usernotifications/establishing-a-token-based-connection-to-apns
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import ec

from ..jwt import sign_es256

WINDOW = 2400
"""Seconds for which a token is used."""


@dataclass
class ProviderTokens:
    """The tokens of one key."""

    team_id: str
    key_id: str
    key: ec.EllipticCurvePrivateKey = field(repr=False)
    _latest: tuple[int, str] = field(default=(-1, ""), repr=False)

    def token(self, now: float) -> str:
        """Give the token for a moment; any thread may ask, and two that ask at once sign the same."""
        issued_at = int(now // WINDOW) * WINDOW
        made_for, token = self._latest
        if made_for != issued_at:
            token = sign_es256({"iss": self.team_id, "iat": issued_at}, self.key, {"kid": self.key_id})
            self._latest = (issued_at, token)
        return token
