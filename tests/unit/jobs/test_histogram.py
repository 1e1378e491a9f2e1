from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from focusjobs.jobs.domain.histogram import quantile
from focusjobs.jobs.telling.tally import BOUNDS

COUNTS = st.lists(st.integers(0, 1_000), min_size=len(BOUNDS) + 1, max_size=len(BOUNDS) + 1)


@pytest.mark.parametrize(
    ("counts", "share", "value"),
    [
        ([0, 0, 0], 0.5, None),
        ([10, 0, 0], 0.5, 0.5),
        ([10, 10, 0], 0.5, 1.0),
        ([10, 10, 0], 0.95, 2.8),
        ([0, 0, 7], 0.5, 3.0),
        ([0, 4, 0], 1.0, 3.0),
    ],
)
def test_a_share_lies_where_the_buckets_say(counts: list[int], share: float, value: float | None) -> None:
    assert quantile(counts, (1.0, 3.0), share) == (value if value is None else pytest.approx(value))


@given(COUNTS, st.floats(0.01, 1), st.floats(0.01, 1))
def test_a_larger_share_lies_no_lower(counts: list[int], one: float, other: float) -> None:
    low, high = (quantile(counts, BOUNDS, share) for share in sorted((one, other)))

    if not any(counts):
        assert low is high is None
    else:
        assert low is not None
        assert high is not None
        assert 0 <= low <= high <= BOUNDS[-1]
