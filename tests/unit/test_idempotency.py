"""The key by which a request is known when it comes again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusjobs.rest.idempotency import BadKey, key_of


def request(**headers: str) -> Any:
    return SimpleNamespace(headers={name.replace("_", "-"): text for name, text in headers.items()})


@given(st.uuids())
def test_a_key_is_a_uuid(key: UUID) -> None:
    for text in (str(key), str(key).upper(), f'"{key}"', f" {key} ", key.hex, f"{{{key}}}"):
        assert key_of(request(Idempotency_Key=text)) == key


def test_a_key_may_be_absent() -> None:
    assert key_of(request()) is None


@pytest.mark.parametrize("text", ["", "1", "again", f"{UUID(int=1)}x", "\0" * 32, "é"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(BadKey, match="Idempotency-Key is a UUID"):
        key_of(request(Idempotency_Key=text))
