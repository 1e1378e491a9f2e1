"""Signed tokens (RFC 7515, 7519), verified without the product's own code."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_public_key


class BadToken(Exception):
    """The token is malformed or not signed by the key."""


@dataclass(frozen=True)
class Token:
    """What a token says."""

    header: dict[str, Any]
    claims: dict[str, Any]


def public_key(path: Path) -> rsa.RSAPublicKey | ec.EllipticCurvePublicKey:
    key = load_pem_public_key(path.read_bytes())
    assert isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey)
    return key


def verified(text: str, key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> Token:
    """Read a token that this key has signed, with RS256 or ES256. Raises `BadToken`."""
    try:
        head, claims, signature = text.split(".")
        token = Token(json.loads(decoded(head)), json.loads(decoded(claims)))
        _verify(key, decoded(signature), f"{head}.{claims}".encode(), token.header["alg"])
    except (ValueError, KeyError, InvalidSignature) as error:
        raise BadToken(str(error) or type(error).__name__) from error
    return token


def _verify(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey, signature: bytes, signed: bytes, algorithm: str) -> None:
    if isinstance(key, rsa.RSAPublicKey) and algorithm == "RS256":
        key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
    elif isinstance(key, ec.EllipticCurvePublicKey) and algorithm == "ES256" and len(signature) == 64:
        numbers = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        key.verify(encode_dss_signature(*numbers), signed, ec.ECDSA(hashes.SHA256()))
    else:
        raise ValueError(f"{algorithm} with {len(signature)} bytes does not fit the key")


def decoded(text: str) -> bytes:
    """Decode base64url without padding, and refuse padding as the standards do."""
    if "=" in text:
        raise ValueError("base64url here has no padding")
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
