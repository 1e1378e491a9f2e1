"""Counts of how jobs ended, within a process."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusjobs.jobs.telling.events import Kind
from focusjobs.jobs.telling.tally import BOUNDS, Counts

SECONDS = st.floats(0, 1e6)


@given(SECONDS)
def test_each_run_falls_into_the_first_bucket_whose_bound_it_does_not_exceed(seconds: float) -> None:
    counts = Counts()
    counts.ran(seconds)
    (place,) = [place for place, count in enumerate(counts.run_buckets) if count]
    assert place == len(BOUNDS) or seconds <= BOUNDS[place]
    assert place == 0 or seconds > BOUNDS[place - 1]


def test_a_bound_belongs_to_its_bucket_and_the_last_bucket_has_none() -> None:
    counts = Counts()
    counts.waited(BOUNDS[3])
    counts.waited(1e9)
    assert counts.wait_buckets[3] == 1
    assert counts.wait_buckets[-1] == 1
    assert counts.wait_seconds == BOUNDS[3] + 1e9


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Kind.COMPLETED, (1, 0, 0, 0)),
        (Kind.FAILED, (0, 1, 1, 0)),
        (Kind.RETRYING, (0, 0, 1, 0)),
        (Kind.STALLED, (0, 0, 1, 0)),
        (Kind.CANCELLED, (0, 0, 0, 1)),
        (Kind.SNOOZED, (0, 0, 0, 0)),
        (Kind.WAITING_CHILDREN, (0, 0, 0, 0)),
    ],
)
def test_each_kind_of_end_counts_as_what_it_is(kind: Kind, expected: tuple[int, ...]) -> None:
    counts = Counts()
    counts.note(kind)
    assert (counts.completed, counts.failed, counts.errors, counts.cancelled) == expected


@given(st.lists(SECONDS), st.lists(SECONDS))
def test_counts_added_are_the_counts_of_both(first: list[float], second: list[float]) -> None:
    one, other, both = Counts(), Counts(), Counts()
    for counts, values in ((one, first), (other, second), (both, first + second)):
        for seconds in values:
            counts.ran(seconds)
            counts.waited(seconds)
    one.add(other)
    assert (one.run_buckets, one.wait_buckets) == (both.run_buckets, both.wait_buckets)
    assert one.run_seconds == pytest.approx(both.run_seconds)
