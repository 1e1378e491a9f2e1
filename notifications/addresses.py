"""Devices' addresses, encrypted for the database, and the hash by which a device is found again.

Keys form a ring: the first encrypts and hashes, all of them are tried for what is there. Those of `PUSH_KEYS` come
first; `SECRET_KEY` and its fallbacks follow, so that a ring can be begun at any time. Of each, one key for encryption
and one for hashes are derived (RFC 5869). A ciphertext is bound to its row's hash, and cannot be moved to another row.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from os import urandom

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

KEY_BYTES, NONCE_BYTES = 32, 12
ID_CHARACTERS = 8


class Undecipherable(Exception):
    """The key that an address was encrypted with is not in the ring any more, or the row was tampered with."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to send; its `repr` does not show it."""

    value: str = field(repr=False)
    """A token, a Firebase installation id, or a browser's endpoint."""
    p256dh: str = field(default="", repr=False)
    auth: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class _Key:
    id: str
    cipher: AESGCM = field(repr=False)
    mac: bytes = field(repr=False)

    @classmethod
    def of(cls, secret: bytes) -> _Key:
        name = sha256(_derived(secret, b"id")).hexdigest()[:ID_CHARACTERS]
        return cls(name, AESGCM(_derived(secret, b"encryption")), _derived(secret, b"hash"))


def _derived(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(hashes.SHA256(), KEY_BYTES, None, b"focusjobs device address " + purpose).derive(secret)


def sealed(address: Address) -> tuple[str, str]:
    """Give the ciphertext of an address, and its hash."""
    key = _ring()[0]
    digest = _hash(key, address.value)
    text = json.dumps([address.value, address.p256dh, address.auth]).encode()
    nonce = urandom(NONCE_BYTES)
    content = nonce + key.cipher.encrypt(nonce, text, digest.encode())
    return f"{key.id}.{urlsafe_b64encode(content).decode()}", digest


def opened(ciphertext: str, digest: str) -> Address:
    """Give the address of a device. Raises `Undecipherable`."""
    name, _, content = ciphertext.partition(".")
    key = _by_id().get(name)
    if key is None:
        raise Undecipherable(f"The key {name} is neither in PUSH_KEYS nor made from SECRET_KEY.")
    raw = urlsafe_b64decode(content)
    try:
        text = key.cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], digest.encode())
    except InvalidTag as error:
        raise Undecipherable("The address does not belong to its row.") from error
    return Address(*json.loads(text))


def digests_of(value: str) -> list[str]:
    """Give the hashes under which an address may be kept, the present one first."""
    return [_hash(key, value) for key in _ring()]


def current_key_id() -> str:
    """Give the name of the first key, with which its ciphertexts begin."""
    return _ring()[0].id


def check_keys() -> None:
    """Raise `ImproperlyConfigured` where `PUSH_KEYS` is not what it should be."""
    _ring()


def _hash(key: _Key, value: str) -> str:
    return hmac.new(key.mac, value.encode(), sha256).hexdigest()


def _ring() -> Sequence[_Key]:
    return _made(tuple(settings.PUSH_KEYS), (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


def _by_id() -> dict[str, _Key]:
    return {key.id: key for key in _ring()}


@lru_cache(maxsize=8)
def _made(keys: tuple[str, ...], secrets: tuple[str, ...]) -> Sequence[_Key]:
    return [_Key.of(secret) for secret in [*map(_read, keys), *(text.encode() for text in secrets)]]


def _read(text: str) -> bytes:
    try:
        secret = urlsafe_b64decode(text.strip().replace("+", "-").replace("/", "_"))
    except ValueError as error:
        raise ImproperlyConfigured("A key in PUSH_KEYS is not base64.") from error
    if len(secret) != KEY_BYTES:
        raise ImproperlyConfigured(f"A key in PUSH_KEYS has {len(secret)} bytes; it has to have {KEY_BYTES}.")
    return secret
