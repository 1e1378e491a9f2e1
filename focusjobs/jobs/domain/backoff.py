"""How long to wait before the next attempt.

Pure: no Django, no clock, no I/O; randomness comes in as an argument.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol


class Backoff(Protocol):
    """Anything that can say how long to wait after a failed attempt; a task may bring its own."""

    def delay(self, tries: int, error: BaseException | None, dice: float) -> timedelta | None:
        """Give the wait after the `tries`-th failure in a row (from 1), or None to give up now.

        `dice` is a random number in [0, 1) for the jitter.
        """


@dataclass(frozen=True, kw_only=True)
class Fixed:
    """The same wait every time, less up to `jitter` (0 to 1) of it at random."""

    wait: timedelta = timedelta(seconds=15)
    jitter: float = 0.0

    def __post_init__(self) -> None:
        """Refuse a wait or a jitter that cannot be meant."""
        _check(self.wait, self.jitter)

    def delay(self, tries: int, error: BaseException | None, dice: float) -> timedelta:
        """Give the wait, whatever came before."""
        return self.wait * (1 - self.jitter * dice)


@dataclass(frozen=True, kw_only=True)
class Exponential:
    """Waits of base, 2·base, 4·base … up to `cap`, less up to `jitter` (0 to 1) of each at random.

    The form of the jitter is BullMQ's: a random time in [d·(1-jitter), d]; unlike BullMQ's, the wait has a cap.
    """

    base: timedelta = timedelta(seconds=15)
    cap: timedelta = timedelta(hours=1)
    jitter: float = 0.2

    def __post_init__(self) -> None:
        """Refuse a base, a cap or a jitter that cannot be meant."""
        _check(self.base, self.jitter)
        _check(self.cap, self.jitter)

    def delay(self, tries: int, error: BaseException | None, dice: float) -> timedelta:
        """Give the wait after this many failures."""
        # Two to the thirtieth times any base is past any sensible cap, and no more overflows.
        wait = self.base.total_seconds() * 2 ** min(max(tries, 1) - 1, 30)
        return timedelta(seconds=min(wait, self.cap.total_seconds()) * (1 - self.jitter * dice))


def _check(wait: timedelta, jitter: float) -> None:
    if wait < timedelta(0):
        raise ValueError(f"A backoff cannot be negative, as {wait} is.")
    if not 0 <= jitter <= 1:
        raise ValueError(f"Jitter is a share from 0 to 1, not {jitter}.")
