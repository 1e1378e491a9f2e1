"""What a push holds once it is read, and who sent it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from habits.merging import CompletionWrite, HabitWrite

from .limits import CLOCK_TOLERANCE


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that is refused: the phone keeps it and sends it again."""

    table: str
    id: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Sender:
    """Who pushes, and when it arrived."""

    device: str
    received: datetime
    today: date
    """The day in UTC; a phone may be one ahead."""

    @property
    def received_ms(self) -> int:
        """Milliseconds since 1970."""
        return round(self.received.timestamp() * 1000)

    def clamp(self, ms: int | None) -> tuple[int, bool]:
        """Give a stamp that is not from the future, and tell whether the phone's was."""
        if ms is None:
            return self.received_ms, False
        latest = self.received_ms + CLOCK_TOLERANCE // timedelta(milliseconds=1)
        return (self.received_ms, True) if ms > latest else (ms, False)


@dataclass(slots=True)
class Contents:
    """What a push holds, rows that are refused apart."""

    habits: list[HabitWrite] = field(default_factory=list)
    completions: list[tuple[CompletionWrite, str]] = field(default_factory=list)
    """With the column `device`, in case the day is of a counted habit."""
    deleted_habits: list[str] = field(default_factory=list)
    deleted_completions: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    skew_ms: int | None = None
    """Milliseconds by which the phone's latest stamp is ahead of the server's clock."""
