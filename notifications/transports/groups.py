"""Outcomes in groups, so that they can be written down many at a time and yet soon."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence

from .transport import Result

MOST = 100
WITHIN = 0.1
"""Seconds."""


def in_groups(results: Iterable[Result], *, most: int = MOST, within: float = WITHIN) -> Iterator[Sequence[Result]]:
    """Gather results; a group is given when it is full, or with the first result `within` seconds after its first."""
    group: list[Result] = []
    began_at = 0.0
    for result in results:
        if not group:
            began_at = time.monotonic()
        group.append(result)
        if len(group) >= most or time.monotonic() - began_at >= within:
            yield group
            group = []
    if group:
        yield group
