"""What a merge starts from and what it comes to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose rows are written, and under which version."""

    user_id: int
    version: int
    server_ms: int
    """The stamp of edits that have none of their own."""
    seen: float
    """The version up to which the device had fetched everything; infinite for the server."""

    def ms(self, ms: int | None) -> int:
        """Give the stamp of an edit."""
        return self.server_ms if ms is None else ms


@dataclass(slots=True)
class Outcome:
    """What was written, and the statistics that change with it."""

    wrote: bool = False
    since: dict[int, date | None] = field(default_factory=dict)
    """By habit the earliest day that changed; None where what the habit asks for changed, and so everything."""
    habits: set[int] = field(default_factory=set)
    """Habits of which any field changed."""

    def __iadd__(self, other: Outcome) -> Outcome:
        """Add what else came of it."""
        self.wrote |= other.wrote
        self.habits |= other.habits
        for habit_id, day in other.since.items():
            self.changed(habit_id, day)
        return self

    def changed(self, habit_id: int, day: date | None) -> None:
        """Note that statistics of a habit change from a day on."""
        self.since[habit_id] = _earlier(self.since[habit_id], day) if habit_id in self.since else day


def _earlier(one: date | None, other: date | None) -> date | None:
    """Give the earlier of two days; None is before all of them."""
    return None if one is None or other is None else min(one, other)
