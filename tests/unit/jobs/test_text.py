"""Texts that PostgreSQL can keep."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusjobs.jobs.domain.text import LARGEST, has_escaped_nul, is_storable, storable, whole_number

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


@given(st.integers(0, LARGEST))
def test_a_number_in_plain_digits_is_read(number: int) -> None:
    assert whole_number(str(number)) == number


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.0", " 1", "1e3", "٣", "²", "x", str(LARGEST + 1), "9" * 5_000])
def test_what_no_key_can_be_is_no_number(text: str) -> None:
    assert whole_number(text) is None


def test_a_number_beyond_a_smaller_limit_is_none() -> None:
    assert (whole_number("7", 7), whole_number("8", 7)) == (7, None)
