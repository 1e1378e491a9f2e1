"""What of the stored statistics is not what the records come to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

TOLERANCE = 1e-9
"""By how much strengths may differ that were worked out in another order."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something stored that is not what the records come to."""

    habit: int | None
    day: date | None
    """Of a week or month the first one."""
    what: str
    stored: Any
    expected: Any


def differing(stored: object, wanted: object, names: Iterable[str]) -> Iterator[tuple[str, Any, Any]]:
    """Give each of these columns that differs, with what is stored and what is wanted."""
    for name in names:
        one, other = getattr(stored, name), getattr(wanted, name)
        if one != other and not (isinstance(one, float) and isinstance(other, float) and abs(one - other) <= TOLERANCE):
            yield name, one, other
