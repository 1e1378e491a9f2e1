"""When to stop sending through a transport, and how to start again. One breaker for each transport and app.

A wrong credential would fail every message, so that one such answer opens the breaker at once. A payload or a set of
addresses that is wrong, and a provider that is down, show in the share of bad answers among the latest ones.
While it is open nothing is sent; then one message is let through as a trial, and its answer decides.

Pure: no Django, no clock, no I/O.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

WINDOW = 200
"""How many of the latest answers are looked at."""

SAMPLE = 50
"""How many answers there must be before their share says anything."""

MAX_BAD = 0.2
"""The share of bad answers above which the breaker opens."""

COOLDOWN = timedelta(seconds=30)
"""The wait before the first trial; it doubles with each trial that fails."""

LONGEST_COOLDOWN = timedelta(minutes=15)

TRIAL = timedelta(minutes=2)
"""How long the answer of a trial is waited for; past that its sender is taken for dead, and another may try."""


class Verdict(StrEnum):
    """What an answer says about the transport itself, not about the message."""

    GOOD = "good"
    """It works, though the device may be gone."""
    BAD = "bad"
    """A payload or an address was refused, or the provider failed; alone it means little."""
    FATAL = "fatal"
    """The credential or the configuration is wrong: no message can pass."""
    NEUTRAL = "neutral"
    """It says nothing, as a limit that was reached."""


class State(StrEnum):
    """Whether messages may pass."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, kw_only=True)
class Breaker:
    """The breaker of one transport and app; every change gives a new one."""

    state: State = State.CLOSED
    reason: str = ""
    """The code of the answer that opened it, or `share` for too many bad ones."""
    recent: str = ""
    """The latest answers, oldest first: `.` for a good and `x` for a bad one."""
    failures: int = 0
    """How often it has opened since it was last closed."""
    retry_at: datetime | None = None
    """Open: when a trial may be made. Half open: when the trial is given up."""

    def allowance(self, now: datetime) -> int | None:
        """Give how many messages may be sent now; None if any number. A trial is taken by `begin_trial`."""
        if self.state == State.CLOSED:
            return None
        return 1 if self.retry_at is not None and now >= self.retry_at else 0

    def begin_trial(self, now: datetime) -> Breaker:
        """Take the one message that is allowed. Raises ValueError where none is, or any number."""
        if self.allowance(now) != 1:
            raise ValueError(f"The breaker is {self.state} and has no trial to give.")
        return replace(self, state=State.HALF_OPEN, retry_at=now + TRIAL)

    def record(self, answers: Iterable[tuple[Verdict, str]], now: datetime) -> Breaker:
        """Take answers with their codes into account, in the order in which they came."""
        breaker = self
        for verdict, code in answers:
            breaker = breaker._record_one(verdict, code, now)
        return breaker

    def _record_one(self, verdict: Verdict, code: str, now: datetime) -> Breaker:
        if self.state == State.OPEN or verdict == Verdict.NEUTRAL:
            return self  # answers to what was sent before it opened say nothing new
        if verdict == Verdict.FATAL:
            return self._opened(code, now)
        if self.state == State.HALF_OPEN:
            return Breaker(recent=".") if verdict == Verdict.GOOD else self._opened(code, now)
        recent = (self.recent + ("x" if verdict == Verdict.BAD else "."))[-WINDOW:]
        changed = replace(self, recent=recent)
        is_too_bad = len(recent) >= SAMPLE and recent.count("x") > MAX_BAD * len(recent)
        return changed._opened("share", now) if is_too_bad else changed

    def _opened(self, reason: str, now: datetime) -> Breaker:
        wait = min(COOLDOWN * 2 ** min(self.failures, 10), LONGEST_COOLDOWN)
        return Breaker(state=State.OPEN, reason=reason, failures=self.failures + 1, retry_at=now + wait)
