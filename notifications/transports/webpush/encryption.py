"""Messages that only the browser can read (RFC 8291, with the aes128gcm coding of RFC 8188)."""

from __future__ import annotations

from dataclasses import dataclass, field
from os import urandom

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ..jwt import from_base64url
from ..outgoing import InvalidMessage, SubscriptionKeys

MOST_BODY = 4096
"""Bytes that every push service takes (RFC 8030, 7.2)."""
HEADER, OVERHEAD = 86, 17
"""Salt, record size, key length and key; the delimiter and the tag of AES-GCM."""
MOST_TEXT = MOST_BODY - HEADER - OVERHEAD  # 3993

POINT = 65
"""Bytes of an uncompressed point on P-256."""


@dataclass(frozen=True)
class Recipient:
    """A browser's keys, decoded."""

    point: bytes
    key: ec.EllipticCurvePublicKey = field(repr=False)
    secret: bytes = field(repr=False)

    @classmethod
    def from_keys(cls, keys: SubscriptionKeys) -> Recipient:
        """Read what the browser gave. Raises `InvalidMessage`."""
        try:
            point, secret = from_base64url(keys.p256dh), from_base64url(keys.auth)
            key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        except (ValueError, TypeError) as error:
            raise InvalidMessage("bad_keys", "The subscription's p256dh is not a point on P-256.") from error
        if len(point) != POINT or len(secret) != 16:
            raise InvalidMessage("bad_keys", "A subscription has 65 bytes of p256dh and 16 of auth.")
        return cls(point, key, secret)


def encrypt(text: bytes, recipient: Recipient) -> bytes:
    """Give the body that carries a text, one record. Raises `InvalidMessage` for more than 3,993 bytes."""
    return seal(text, recipient, ec.generate_private_key(ec.SECP256R1()), urandom(16))


def seal(text: bytes, recipient: Recipient, own: ec.EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """Encrypt with a key pair and a salt, which must never serve twice."""
    if len(text) > MOST_TEXT:
        raise InvalidMessage("payload_too_large", f"{len(text)} bytes; a push message has {MOST_TEXT} at most.")
    point = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = own.exchange(ec.ECDH(), recipient.key)
    seed = _hkdf(recipient.secret, shared, b"WebPush: info\x00" + recipient.point + point, 32)
    key = _hkdf(salt, seed, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _hkdf(salt, seed, b"Content-Encoding: nonce\x00", 12)
    header = salt + MOST_BODY.to_bytes(4, "big") + bytes([len(point)]) + point
    return header + AESGCM(key).encrypt(nonce, text + b"\x02", None)


def _hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)
