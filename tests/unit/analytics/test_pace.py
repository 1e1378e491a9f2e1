"""How a close makes way for others."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from analytics.domain.pace import LARGEST, PATIENCE, SMALLEST, TARGET, Pace

DEADLINE = timedelta(hours=2)
QUIET = {"others": 0, "busy_from": 8}


def batches(pace: Pace, number: int, each: float, others: int = 0) -> Pace:
    for _ in range(number):
        pace = pace.after(pace.batch, pace.batch * each, others, 8)
    return pace


def test_a_quiet_database_gets_batches_of_the_target_time() -> None:
    pace = batches(Pace(), 20, each=0.0002)
    assert pace.batch * 0.0002 == TARGET
    assert not pace.is_busy


def test_batches_shrink_while_others_are_busy_and_grow_again_after() -> None:
    quiet = batches(Pace(), 20, each=0.0001)
    busy = batches(quiet, 10, each=0.0001, others=8)
    assert (quiet.batch, busy.batch) == (LARGEST, SMALLEST)
    assert busy.is_busy
    assert batches(busy, 20, each=0.0001).batch == LARGEST


def test_a_batch_that_takes_three_times_as_long_as_usual_is_a_sign_of_a_busy_database() -> None:
    quiet = batches(Pace(), 20, each=0.0001)
    assert not quiet.after(1000, 0.2, **QUIET).is_busy
    assert quiet.after(1000, 0.5, **QUIET).is_busy


def test_a_machine_that_is_slow_for_good_does_not_count_as_busy_for_ever() -> None:
    pace = batches(Pace(usual=0.0001), 60, each=0.001)
    assert not pace.is_busy


def test_a_close_gives_way_after_some_patience_but_not_beyond_the_deadline() -> None:
    pace = Pace()
    while pace.busy_seconds <= PATIENCE.total_seconds():
        assert not pace.gives_way(timedelta(0), DEADLINE)
        pace = pace.after(50, 0.2, 8, 8)
    assert pace.gives_way(timedelta(minutes=5), DEADLINE)
    assert not pace.gives_way(DEADLINE, DEADLINE)


@given(st.lists(st.tuples(st.floats(0, 10), st.integers(0, 50)), max_size=50))
def test_a_batch_is_never_smaller_or_larger_than_allowed(runs: list[tuple[float, int]]) -> None:
    pace = Pace()
    for seconds, others in runs:
        pace = pace.after(pace.batch, seconds, others, 8)
        assert SMALLEST <= pace.batch <= LARGEST
