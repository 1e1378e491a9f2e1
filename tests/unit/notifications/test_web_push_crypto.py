"""Web Push: messages that only the browser can read, by the examples of the RFCs, and the token of the sender."""

from __future__ import annotations

from base64 import urlsafe_b64decode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from notifications.transports.outgoing import InvalidMessage, SubscriptionKeys
from notifications.transports.webpush.encryption import MOST_BODY, MOST_TEXT, Recipient, encrypt, seal
from notifications.transports.webpush.vapid import Vapid
from tests.providers.tokens import verified
from tests.providers.webpush import Subscription

BROWSER = Subscription(ec.generate_private_key(ec.SECP256R1()), b"0123456789abcdef")


def b64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def keys(p256dh: str, auth: str) -> Recipient:
    return Recipient.from_keys(SubscriptionKeys(p256dh, auth))


def recipient() -> Recipient:
    return Recipient(BROWSER.p256dh, BROWSER.key.public_key(), BROWSER.auth)


def test_it_gives_the_example_of_rfc_8291() -> None:
    """RFC 8291, section 5 and appendix A."""
    own = ec.derive_private_key(
        int.from_bytes(b64("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big"), ec.SECP256R1()
    )
    browser = keys(
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "BTBZMqHH6r4Tts7J_aSIgg",
    )
    body = seal(b"When I grow up, I want to be a watermelon", browser, own, b64("DGv6ra1nlYgDCS1FRnbzlw"))
    assert body == b64(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3"
        "jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


@given(st.binary(min_size=1, max_size=MOST_TEXT))
def test_the_browser_reads_what_was_written(text: bytes) -> None:
    assert BROWSER.decrypt(encrypt(text, recipient())) == text


def test_the_longest_text_fills_the_body_and_one_byte_more_is_refused() -> None:
    assert len(encrypt(b"x" * MOST_TEXT, recipient())) == MOST_BODY
    assert MOST_TEXT == 3993
    with pytest.raises(InvalidMessage, match="3994 bytes"):
        encrypt(b"x" * (MOST_TEXT + 1), recipient())


def test_no_two_bodies_are_alike() -> None:
    assert encrypt(b"same", recipient()) != encrypt(b"same", recipient())


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [("", ""), ("AAAA", "AAAA"), ("é", "x"), ("BP" + "A" * 85, "BTBZMqHH6r4Tts7J_aSIgg")],
    ids=["empty", "short", "not base64", "not on the curve"],
)
def test_keys_that_are_none_are_refused(p256dh: str, auth: str) -> None:
    with pytest.raises(InvalidMessage) as caught:
        keys(p256dh, auth)
    assert caught.value.code == "bad_keys"


def test_a_push_service_can_verify_the_token() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    value = Vapid(key, "mailto:ops@example.org").authorization("https://push.example", 1767600000.0)
    token, public = value.removeprefix("vapid t=").split(",k=")
    claims = verified(token, key.public_key()).claims
    assert claims == {"aud": "https://push.example", "exp": 1767571200 + 20 * 3600, "sub": "mailto:ops@example.org"}
    assert len(b64(public)) == 65


@given(st.floats(0, 4e9))
def test_a_token_is_good_for_between_8_and_20_hours(now: float) -> None:
    key = ec.derive_private_key(7, ec.SECP256R1())
    token = Vapid(key, "mailto:ops@example.org").authorization("https://push.example", now)[8:].split(",")[0]
    left = verified(token, key.public_key()).claims["exp"] - now
    assert 8 * 3600 - 1 <= left <= 20 * 3600


def test_a_token_is_kept_for_its_origin_and_its_half_day() -> None:
    vapid = Vapid(ec.generate_private_key(ec.SECP256R1()), "mailto:ops@example.org")
    morning = vapid.authorization("https://one.example", 1767571200.0)
    assert vapid.authorization("https://one.example", 1767571200.0 + 43199) == morning
    assert vapid.authorization("https://one.example", 1767571200.0 + 43200) != morning
    assert vapid.authorization("https://two.example", 1767571200.0) != morning
