"""How fast is sent: never more than allowed, rising from nothing."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notifications.domain.pace import BURST, FILL, IDLE, LAG, LEAST, RAMP, Pace

FULL = 600.0
STEADY = FULL * FILL

rates = st.floats(1, 10_000)
gaps = st.lists(st.floats(0.01, 30), min_size=1, max_size=40)


def at_full(now: float = 1000.0) -> Pace:
    """Give a pace that has reached its full rate, with nothing saved up."""
    return Pace(full=FULL, began_at=now - RAMP, filled_at=now, asked_at=now)


def at_full_rate_of(full: float) -> Pace:
    """Give a pace that has reached a full rate and has saved up what it can."""
    return Pace(full=full, began_at=0.0, filled_at=990.0, asked_at=999.0, tokens=max(full * BURST, 1.0))


def drained(pace: Pace, *, begin: float, seconds: float, step: float = 0.03125) -> tuple[int, Pace]:
    """Take all there is, again and again."""
    total, now = 0, begin
    while now <= begin + seconds:
        granted, pace = pace.take(10**6, now)
        total, now = total + granted, now + step
    return total, pace


def test_it_begins_with_nothing() -> None:
    assert Pace.starting(FULL, 0.0).take(100, 0.0)[0] == 0


def test_it_rises_to_the_full_rate_within_a_minute() -> None:
    pace = Pace.starting(FULL, 0.0)
    assert [pace.rate(moment) for moment in (0, 15, 30, 60, 600)] == [0, 120, 240, 480, 480]


def test_the_first_minute_lets_half_a_minutes_worth_pass() -> None:
    total, _ = drained(Pace.starting(FULL, 0.0), begin=0.0, seconds=RAMP)
    assert total == STEADY * RAMP / 2


def test_at_full_rate_each_second_gives_its_share() -> None:
    total, _ = drained(at_full(), begin=1000.0, seconds=10)
    assert total == STEADY * 10


def test_what_is_not_used_gathers_for_a_twentieth_of_a_second_at_most() -> None:
    assert at_full(1000.0).take(10**6, 1030.0)[0] == FULL * BURST


def test_a_quota_pauses_it_and_then_halves_the_rate() -> None:
    pace = at_full(1000.0).slowed(1000.0, 60.0)
    assert pace.take(10, 1059.9)[0] == 0
    assert pace.wait(1030.0) == 30.0
    assert pace.rate(1060.0) == STEADY / 2
    assert pace.rate(1060.0 + RAMP) == STEADY


def test_answers_about_the_same_quota_halve_it_once() -> None:
    pace = at_full(1000.0).slowed(1000.0, 60.0)
    again = pace.slowed(1000.5, 120.0)
    assert again.rate(1120.5) >= STEADY / 2
    assert again.paused_until == 1120.5


def test_no_quota_brings_it_to_a_standstill() -> None:
    pace = at_full(0.0)
    for number in range(20):
        pace = pace.slowed(100.0 * number, 1.0)
    assert pace.rate(0.0) >= LEAST


def test_after_a_minute_unused_it_begins_anew() -> None:
    _, pace = at_full(1000.0).take(1, 1001.0)
    assert pace.take(10**6, 1001.0 + IDLE)[0] == 0
    assert pace.take(10**6, 1001.0 + IDLE - 1)[0] == FULL * BURST


def test_asking_in_vain_is_not_idleness() -> None:
    """A rate so low that the first token takes more than a minute still gives it."""
    total, _ = drained(Pace.starting(0.02, 0.0), begin=0.0, seconds=120, step=1.0)
    assert total == 1


@pytest.mark.parametrize("full", [0, -1])
def test_a_rate_that_cannot_be_meant_is_refused(full: float) -> None:
    with pytest.raises(ValueError, match="more than 0"):
        Pace.starting(full, 0.0)


@given(rates, gaps)
def test_no_stretch_of_time_grants_more_than_the_rate_and_what_was_saved(full: float, steps: list[float]) -> None:
    pace, now, grants = Pace.starting(full, 0.0), 0.0, [(0.0, 0)]
    for step in steps:
        now += step
        granted, pace = pace.take(10**9, now)
        grants.append((now, granted))
    for begin in range(len(grants)):
        passed = grants[-1][0] - grants[begin][0]
        total = sum(granted for _, granted in grants[begin + 1 :])
        assert total <= full * FILL * passed + max(full * BURST, 1) + 1


@given(
    st.integers(1, 10_000),
    st.lists(st.tuples(st.floats(0.0, 0.5), st.floats(0.0, LAG)), min_size=1, max_size=60),
)
def test_in_no_second_at_all_leave_more_than_the_full_rate_though_each_may_be_late(
    full: int, steps: list[tuple[float, float]]
) -> None:
    pace, now, left = at_full_rate_of(full), 1000.0, []
    for step, late in steps:
        now += step
        granted, pace = pace.take(10**9, now)
        left.append((now + late, granted))
    for begin, _ in left:
        assert sum(granted for moment, granted in left if begin <= moment < begin + 1) <= full


@given(rates, gaps, st.integers(0, 10_000))
def test_it_never_grants_more_than_was_asked_for(full: float, steps: list[float], wanted: int) -> None:
    pace, now = Pace.starting(full, 0.0), 0.0
    for step in steps:
        now += step
        granted, pace = pace.take(wanted, now)
        assert 0 <= granted <= wanted
        assert pace.tokens >= 0


@given(rates, st.lists(st.floats(0, 200), min_size=2, max_size=20))
def test_within_a_ramp_the_rate_never_falls(full: float, moments: list[float]) -> None:
    pace = Pace.starting(full, 0.0)
    assert all(pace.rate(one) <= pace.rate(other) <= full for one, other in pairwise(sorted(moments)))


@given(rates, st.floats(0, 300), st.floats(1, 300))
def test_a_quota_never_raises_the_rate(full: float, moment: float, pause: float) -> None:
    pace = Pace.starting(full, 0.0)
    slowed = pace.slowed(moment, pause)
    assert slowed.rate(moment + pause) <= max(pace.rate(moment) / 2, LEAST) + 1e-9


@given(rates, st.floats(0, 100), st.floats(0, 50))
@example(1.0, 59.5, 0.0)  # the ramp ends within the wait
def test_waiting_as_long_as_it_says_is_enough(full: float, begin: float, used: float) -> None:
    _, pace = Pace.starting(full, 0.0).take(10**9, begin)
    now = begin + used
    wait = pace.wait(now)
    if wait < IDLE / 2:  # past that the ramp begins anew, and another wait is due
        assert pace.take(1, now + wait + 1e-3)[0] == 1
