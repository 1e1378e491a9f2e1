"""Texts that PostgreSQL can keep."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusjobs.jobs.domain.text import has_escaped_nul, is_storable, storable

ANY = st.text(st.characters() | st.sampled_from("\0\\u0"))
HALVES = st.text(st.characters(categories=["Cs"]), min_size=1)


@given(ANY, HALVES | st.just("\0"))
def test_what_is_made_storable_is_storable(text: str, trouble: str) -> None:
    assert not is_storable(text + trouble)
    assert is_storable(storable(text + trouble))
    storable(text + trouble).encode()  # raises for half a pair


@given(ANY)
def test_a_storable_text_stays_as_it_is(text: str) -> None:
    kept = storable(text)
    assert storable(kept) == kept
    assert (kept == text) == is_storable(text)


@given(ANY, st.booleans())
def test_a_nul_is_found_in_json_and_nothing_else_is_taken_for_one(text: str, ascii_only: bool) -> None:
    assert has_escaped_nul(json.dumps({"key": [text]}, ensure_ascii=ascii_only)) == ("\0" in text)


@pytest.mark.parametrize(("text", "kept"), [("a\0b", "ab"), ("caf\udce9", "caf�"), ("😀", "😀")])
def test_a_nul_goes_and_half_a_pair_is_replaced(text: str, kept: str) -> None:
    assert storable(text) == kept
