"""Encrypts the secrets of second factors, so that a copy of the database does not make codes.

The key is derived from SECRET_KEY (RFC 5869), and those of SECRET_KEY_FALLBACKS still decrypt. Encrypted with Fernet
(https://github.com/fernet/spec): AES-128-CBC with HMAC-SHA256.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from functools import lru_cache

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PURPOSE = b"focusjobs second factor"


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # untyped upstream
    """The project's answers to allauth's questions about second factors (`MFA_ADAPTER`)."""

    def encrypt(self, text: str) -> str:
        """Encrypt a secret for the database."""
        return _ring((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt it. Raises `cryptography.fernet.InvalidToken` where its key is not among the settings any more."""
        return _ring((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)).decrypt(encrypted_text.encode()).decode()


@lru_cache(maxsize=4)
def _ring(secrets: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(urlsafe_b64encode(_derived(secret))) for secret in secrets])


def _derived(secret: str) -> bytes:
    return HKDF(SHA256(), 32, None, PURPOSE).derive(secret.encode())
