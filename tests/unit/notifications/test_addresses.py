"""Addresses are unreadable in the database, found by their hash, and survive a change of keys."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from notifications.addresses import Address, Undecipherable, check_keys, current_key_id, digests_of, opened, sealed

OLD, NEW = (urlsafe_b64encode(bytes([number]) * 32).decode() for number in (1, 2))
SECRET = Address("token-of-a-phone", "public", "shared")


def test_an_address_comes_back_as_it_was() -> None:
    ciphertext, digest = sealed(SECRET)

    assert opened(ciphertext, digest) == SECRET
    assert "token" not in ciphertext + digest
    assert "token" not in repr(SECRET)


def test_the_same_address_is_found_by_one_hash_and_never_encrypted_alike() -> None:
    (one, first), (other, second) = sealed(SECRET), sealed(SECRET)

    assert first == second == digests_of(SECRET.value)[0]
    assert one != other


def test_a_ciphertext_does_not_open_in_another_row() -> None:
    ciphertext, _ = sealed(SECRET)

    with pytest.raises(Undecipherable):
        opened(ciphertext, sealed(Address("another"))[1])


def test_after_a_new_key_old_rows_can_be_read_and_found(settings: Any) -> None:
    settings.PUSH_KEYS = [OLD]
    ciphertext, digest = sealed(SECRET)
    settings.PUSH_KEYS = [NEW, OLD]

    assert opened(ciphertext, digest) == SECRET
    assert digest in digests_of(SECRET.value)
    assert sealed(SECRET)[0].startswith(f"{current_key_id()}.")
    assert not ciphertext.startswith(current_key_id())


def test_a_ring_can_be_begun_after_addresses_were_written(settings: Any) -> None:
    ciphertext, digest = sealed(SECRET)
    settings.PUSH_KEYS = [NEW]

    assert opened(ciphertext, digest) == SECRET


def test_without_its_key_an_address_is_lost_and_says_so(settings: Any) -> None:
    settings.PUSH_KEYS = [OLD]
    ciphertext, digest = sealed(SECRET)
    settings.PUSH_KEYS = [NEW]

    with pytest.raises(Undecipherable, match="is neither in PUSH_KEYS nor made from SECRET_KEY"):
        opened(ciphertext, digest)


@pytest.mark.parametrize(
    ("key", "message"),
    [("c2hvcnQ=", "A key in PUSH_KEYS has 5 bytes; it has to have 32."), ("x", "A key in PUSH_KEYS is not base64.")],
)
def test_a_key_that_cannot_encrypt_is_refused(settings: Any, key: str, message: str) -> None:
    settings.PUSH_KEYS = [key]

    with pytest.raises(ImproperlyConfigured) as refused:
        check_keys()
    assert str(refused.value) == message
