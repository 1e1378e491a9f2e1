"""Waits between attempts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusjobs.jobs.domain.backoff import Exponential, Fixed

WAITS = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=30))
SHARES = st.floats(min_value=0, max_value=1)
DICE = st.floats(min_value=0, max_value=1, exclude_max=True)
TRIES = st.integers(min_value=1, max_value=10_000)
EXPONENTIALS = st.builds(Exponential, base=WAITS, cap=WAITS, jitter=SHARES)
FIXED = st.builds(Fixed, wait=WAITS, jitter=SHARES)
MICROSECOND = timedelta(microseconds=1)
"""What rounding to whole microseconds may add."""


@given(EXPONENTIALS, TRIES, DICE)
def test_an_exponential_wait_is_never_longer_than_its_cap(backoff: Exponential, tries: int, dice: float) -> None:
    assert timedelta(0) <= backoff.delay(tries, None, dice) <= backoff.cap


@given(EXPONENTIALS, TRIES, DICE)
def test_jitter_takes_away_at_most_its_share(backoff: Exponential, tries: int, dice: float) -> None:
    whole = backoff.delay(tries, None, 0.0)
    assert whole * (1 - backoff.jitter) - MICROSECOND <= backoff.delay(tries, None, dice) <= whole


@given(FIXED, TRIES, DICE)
def test_a_fixed_wait_loses_at_most_its_jitter_whatever_came_before(backoff: Fixed, tries: int, dice: float) -> None:
    delay = backoff.delay(tries, RuntimeError(), dice)
    assert backoff.wait * (1 - backoff.jitter) - MICROSECOND <= delay <= backoff.wait


@given(WAITS, WAITS, TRIES, DICE)
def test_without_jitter_a_later_wait_is_never_shorter(base: timedelta, cap: timedelta, tries: int, dice: float) -> None:
    backoff = Exponential(base=base, cap=cap, jitter=0)
    assert backoff.delay(tries, None, dice) <= backoff.delay(tries + 1, None, dice)


def test_without_jitter_the_waits_double_up_to_the_cap() -> None:
    backoff = Exponential(base=timedelta(seconds=15), cap=timedelta(minutes=2), jitter=0)
    seconds = [backoff.delay(tries, None, 0.5).total_seconds() for tries in range(1, 7)]
    assert seconds == [15, 30, 60, 120, 120, 120]


def test_full_jitter_may_take_the_whole_wait() -> None:
    assert Fixed(wait=timedelta(seconds=10), jitter=1).delay(1, None, 0.75) == timedelta(seconds=2.5)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_jitter_that_is_no_share_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match=rf"^Jitter is a share from 0 to 1, not {share}\.$"):
        Fixed(jitter=share)
    with pytest.raises(ValueError, match=rf"^Jitter is a share from 0 to 1, not {share}\.$"):
        Exponential(jitter=share)


def test_a_negative_wait_is_refused() -> None:
    sentence = r"^A backoff cannot be negative, as -1 day, 23:59:59 is\.$"
    for options in ({"base": timedelta(seconds=-1)}, {"cap": timedelta(seconds=-1)}):
        with pytest.raises(ValueError, match=sentence):
            Exponential(**options)
    with pytest.raises(ValueError, match=sentence):
        Fixed(wait=timedelta(seconds=-1))
