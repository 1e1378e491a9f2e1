"""What a histogram of lengths of time says: shares of it, estimated. Pure: no Django, no clock, no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate


def quantile(counts: Sequence[int], bounds: Sequence[float], share: float) -> float | None:
    """Estimate below what a share (0 to 1) of the values lies; None where there are none.

    counts: values in each bucket; one more than `bounds`, the buckets' upper ends, since the last bucket has none.
    Within a bucket values are taken to lie evenly, and those of the last at its lower end, as in Prometheus'
    `histogram_quantile` (https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile).
    """
    total = sum(counts)
    if not total:
        return None
    rank = share * total
    place, below = next(
        (place, upto - counts[place]) for place, upto in enumerate(accumulate(counts)) if upto >= rank and counts[place]
    )
    if place >= len(bounds):
        return bounds[-1]
    start = bounds[place - 1] if place else 0.0
    return start + (bounds[place] - start) * (rank - below) / counts[place]
