"""Signed tokens, as Google, Apple and browsers' push services want them (RFC 7515, RFC 7518, RFC 7519)."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from functools import cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from .transport import ConfigurationError

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def rsa_key(pem: str, whose: str) -> rsa.RSAPrivateKey:
    """Read an RSA key. Raises `ConfigurationError`, which does not show it; whose: how to call it there."""
    key = _load(pem, whose)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ConfigurationError(f"{whose} is not an RSA key.")
    return key


def p256_key(pem: str, whose: str) -> ec.EllipticCurvePrivateKey:
    """Read a key on the curve P-256. Raises `ConfigurationError`, which does not show it."""
    key = _load(pem, whose)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise ConfigurationError(f"{whose} is not a key on the curve P-256.")
    return key


@cache  # an RSA key is checked while it is read, which takes some 40 ms
def _load(pem: str, whose: str) -> object:
    try:
        return load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError) as error:
        raise ConfigurationError(f"{whose} is not an unencrypted private key in PEM.") from error


def sign_rs256(claims: Mapping[str, object], key: rsa.RSAPrivateKey, key_id: str) -> str:
    """Give a token signed with RSA."""
    signed = _signed_part({"alg": "RS256", "typ": "JWT", "kid": key_id}, claims)
    return _joined(signed, key.sign(signed, padding.PKCS1v15(), hashes.SHA256()))


def sign_es256(claims: Mapping[str, object], key: ec.EllipticCurvePrivateKey, header: Mapping[str, str]) -> str:
    """Give a token signed on P-256: the same bytes for the same claims, everywhere and always (RFC 6979)."""
    signed = _signed_part({"alg": "ES256", **header}, claims)
    signature = key.sign(signed, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    r, s = decode_dss_signature(signature)
    return _joined(signed, r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def base64url(data: bytes) -> str:
    """Encode without padding (RFC 7515, appendix C)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Decode base64url with or without padding. Raises ValueError."""
    bare = text.rstrip("=")
    return urlsafe_b64decode(bare + "=" * (-len(bare) % 4))


def _signed_part(header: Mapping[str, object], claims: Mapping[str, object]) -> bytes:
    parts = (json.dumps(part, separators=(",", ":")).encode() for part in (header, claims))
    return ".".join(base64url(part) for part in parts).encode()


def _joined(signed: bytes, signature: bytes) -> str:
    return f"{signed.decode()}.{base64url(signature)}"
