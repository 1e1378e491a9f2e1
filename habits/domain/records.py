"""What a habit asks for and what was recorded of it. Pure: no Django, no clock, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

THOUSANDTHS = 1000
"""A recorded value is kept in thousandths of a unit, so that 2.5 km is 2500 and a tick is 1000."""

EVERY_DAY = 0b1111111
"""Weekday mask with all seven days; bit 0 is Monday."""


class Kind(StrEnum):
    """What is recorded on a day. A measured amount and a number of times obey the same rules."""

    YES_NO = "yes_no"
    MEASURED = "measured"
    COUNTED = "counted"


class TargetType(StrEnum):
    """Whether the target of an amount is to be reached or not to be passed."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"


@dataclass(frozen=True, slots=True)
class Rule:
    """What a habit asks for: `freq_num` times in `freq_den` days, on the weekdays of a mask.

    The target counts for amounts only and is in units of the habit; there, `freq_den` is the number of days over which
    the amount is summed and `freq_num` merely sets how fast the strength moves. `exempt` are single days on which it
    asks for nothing, as if they were outside the mask (`habits.domain.history.exempting`). Raises ValueError for a
    frequency below one in one or a mask without a day.
    """

    kind: Kind = Kind.YES_NO
    freq_num: int = 1
    freq_den: int = 1
    weekdays: int = EVERY_DAY
    target_type: TargetType = TargetType.AT_LEAST
    target_value: float = 0.0
    exempt: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if self.freq_num < 1 or self.freq_den < 1:
            raise ValueError(f"A frequency needs positive numbers, not {self.freq_num} in {self.freq_den} days.")
        if not 1 <= self.weekdays <= EVERY_DAY:
            raise ValueError(f"A weekday mask lies between 1 and {EVERY_DAY}, not {self.weekdays}.")

    @property
    def counts_amounts(self) -> bool:
        """True when a day holds an amount, False when it holds a tick."""
        return self.kind != Kind.YES_NO

    @property
    def is_limit(self) -> bool:
        """True for an amount that is not to be passed."""
        return self.counts_amounts and self.target_type == TargetType.AT_MOST

    @property
    def times(self) -> int:
        """How often in `days`; n times in n days is once a day."""
        return 1 if self.freq_num == self.freq_den else self.freq_num

    @property
    def days(self) -> int:
        """Length of the window in which `times` counts."""
        return 1 if self.freq_num == self.freq_den else self.freq_den

    def includes(self, day: date) -> bool:
        """Tell whether the weekday of `day` is in the mask and the day is not exempt."""
        return bool(self.weekdays >> day.weekday() & 1) and day not in self.exempt


@dataclass(frozen=True, slots=True)
class Record:
    """What a person recorded on one local day.

    `value` is in thousandths of a unit (a tick is 1000, “not done” is 0); None says nothing of the day. `skipped`
    excuses the day and outranks the value. `noted` tells that there is a note: such a day belongs to the history even
    when nothing else is known of it.
    """

    value: int | None = None
    skipped: bool = False
    noted: bool = False

    @property
    def is_done(self) -> bool:
        """True for a tick, or for an amount above zero."""
        return not self.skipped and self.value is not None and self.value > 0

    @property
    def is_empty(self) -> bool:
        """True when the record says nothing at all, as if there were none."""
        return self.value is None and not self.skipped and not self.noted


@dataclass(frozen=True, slots=True)
class Part:
    """What one device recorded of a day, with the text of its note; a day of a counted habit has several."""

    value: int | None = None
    skipped: bool = False
    note: str = ""


def combine(parts: Iterable[Part]) -> Part:
    """Return what the parts of a day come to.

    Amounts add up, and never to less than nothing: a device may take back what another one counted. The day is skipped
    if a part says so and nothing was done. Notes follow each other, each on a line of its own.
    """
    parts = list(parts)
    amounts = [part.value for part in parts if part.value is not None]
    total = max(sum(amounts), 0) if amounts else None
    skipped = any(part.skipped for part in parts) and not total
    note = "\n".join(part.note for part in parts if part.note)
    return Part(None if skipped else total, skipped, note)
