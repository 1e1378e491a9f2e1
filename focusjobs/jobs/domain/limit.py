"""How many jobs that share a key may run at once, and how many may start in a period.

Pure: no Django, no clock, no I/O.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from string import Formatter
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A limit over all workers and queues: `Limit(key="provider:{provider}", at_once=5, rate=100)`.

    key: jobs with the same key share the limit; it may name the task's arguments. at_once: how many run at the same
    time. rate: how many start in a `period`; the periods follow each other without overlap, as in BullMQ.
    """

    key: str
    at_once: int | None = None
    rate: int | None = None
    period: timedelta = timedelta(seconds=1)

    def __post_init__(self) -> None:
        """Refuse a limit that limits nothing or everything."""
        if self.at_once is None and self.rate is None:
            raise ValueError(f"The limit “{self.key}” needs at_once, rate or both.")
        if any(most is not None and most < 1 for most in (self.at_once, self.rate)):
            raise ValueError(f"The limit “{self.key}” would let nothing run; pause the queue instead.")
        if self.period <= timedelta(0):
            raise ValueError(f"The limit “{self.key}” needs a period longer than nothing.")

    def fields(self) -> set[str]:
        """Give the names of the arguments that the key is made of."""
        return {name for _, name, _, _ in Formatter().parse(self.key) if name is not None}

    def of(self, arguments: Mapping[str, Any]) -> Limit:
        """Give the limit of a job with these arguments."""
        return replace(self, key=self.key.format_map(arguments))
