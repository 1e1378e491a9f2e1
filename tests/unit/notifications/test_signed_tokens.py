"""Tokens that are signed the same everywhere, and keys that are refused without being shown."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from notifications.transports.apns.token import WINDOW, ProviderTokens
from notifications.transports.jwt import p256_key, rsa_key, sign_rs256
from notifications.transports.transport import ConfigurationError
from tests.providers.credentials import Credentials, make_credentials
from tests.providers.tokens import verified

PROGRAM = """
import sys
from pathlib import Path
from notifications.transports.apns.token import ProviderTokens
from notifications.transports.jwt import p256_key
key = p256_key(Path(sys.argv[1]).read_text(), "the key")
print(ProviderTokens("TEAM123456", "KEY1234567", key).token(1767600000.0), end="")
"""


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Credentials:
    return make_credentials(tmp_path_factory.mktemp("keys"), "https://oauth.example/token")


def apns_key(credentials: Credentials) -> ec.EllipticCurvePrivateKey:
    return p256_key(credentials.apns_key.read_text(), "the key")


def test_two_processes_make_the_same_provider_token(credentials: Credentials) -> None:
    command = [sys.executable, "-c", PROGRAM, str(credentials.apns_key)]
    root = Path(__file__).parents[3]
    tokens = {subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout for _ in range(2)}
    own = ProviderTokens("TEAM123456", "KEY1234567", apns_key(credentials)).token(1767600000.0)
    assert tokens == {own}
    assert own.count(".") == 2


def test_a_provider_token_says_what_apple_wants(credentials: Credentials) -> None:
    key = apns_key(credentials)
    token = verified(ProviderTokens("TEAM123456", "KEY1234567", key).token(1767600001.5), key.public_key())
    assert token.header == {"alg": "ES256", "kid": "KEY1234567"}
    assert token.claims == {"iss": "TEAM123456", "iat": 1767600000}


KEY = ec.derive_private_key(11, ec.SECP256R1())


@given(st.floats(0, 4e9), st.floats(0, 3 * WINDOW))
def test_a_provider_token_is_never_old_and_never_changes_early(now: float, later: float) -> None:
    tokens = ProviderTokens("TEAM123456", "KEY1234567", KEY)
    first, second = (verified(tokens.token(moment), KEY.public_key()).claims["iat"] for moment in (now, now + later))
    assert 0 <= now - first < WINDOW
    assert second == first or second - first >= WINDOW


def test_an_assertion_for_google_is_signed_with_rsa(credentials: Credentials) -> None:
    key = rsa_key(json.loads(credentials.service_account.read_text())["private_key"], "the key")
    token = verified(sign_rs256({"iss": "me"}, key, "rsa-1"), key.public_key())
    assert (token.header, token.claims) == ({"alg": "RS256", "typ": "JWT", "kid": "rsa-1"}, {"iss": "me"})


@pytest.mark.parametrize("text", ["", "nonsense", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----"])
def test_a_key_that_cannot_be_read_is_named_and_not_shown(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        p256_key(text, "APNS_KEY")
    assert str(caught.value) == "APNS_KEY is not an unencrypted private key in PEM."


def test_a_key_of_another_kind_is_refused(credentials: Credentials) -> None:
    with pytest.raises(ConfigurationError, match="FCM_KEY is not an RSA key"):
        rsa_key(credentials.apns_key.read_text(), "FCM_KEY")
