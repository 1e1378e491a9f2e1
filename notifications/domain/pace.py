"""How fast to send: a bucket of tokens whose rate rises from nothing to full within a minute.

Google asks senders to go from 0 to their full rate over at least 60 s, and to slow down when told that a quota is used
up (https://firebase.google.com/docs/cloud-messaging/scale-fcm). A pace begins at zero; after a quota it begins at half
of what it had reached; after a minute unused it begins at zero again.

Pure: no Django, no clock, no I/O. Times are seconds on any clock that does not go back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

RAMP = 60.0
"""Seconds from nothing to the full rate."""

IDLE = 60.0
"""Seconds without asking after which the ramp begins anew."""

BURST = 0.05
"""Seconds' worth of the full rate that may gather unused."""

LAG = 0.15
"""Seconds by which messages may leave later than they were granted, when a sender is busy."""

FILL = 1 - (BURST + LAG)
"""The share of the full rate at which the bucket fills. What has gathered, what a second brings and what is late of the
second before are together no more than the full rate: in no second at all are more sent. Measured with two senders on a
busy machine, a rate of 1,000 with a filling of 0.9 came to 1,011 in the worst second."""

LEAST = 1.0
"""Messages a second below which no quota pushes the rate, so that it can recover."""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """The pace of one transport and app; every change gives a new one."""

    full: float
    """Messages in any second at most."""
    floor: float = 0.0
    """Messages a second at which the present ramp began."""
    began_at: float
    """When the present ramp began."""
    filled_at: float
    """Up to when tokens have been counted."""
    asked_at: float
    """When a message was last asked for."""
    tokens: float = 0.0
    paused_until: float = 0.0

    @classmethod
    def starting(cls, full: float, now: float) -> Pace:
        """Give the pace of a sender that starts now. Raises ValueError for a rate that cannot be meant."""
        if full <= 0:
            raise ValueError(f"A rate is more than 0 a second, not {full}.")
        return cls(full=full, began_at=now, filled_at=now, asked_at=now)

    def rate(self, now: float) -> float:
        """Give the messages a second that are allowed now."""
        share = min(max(now - self.began_at, 0.0) / RAMP, 1.0)
        return self.floor + (self.steady - self.floor) * share

    @property
    def steady(self) -> float:
        """Messages a second at which the bucket fills when the ramp is over."""
        return self.full * FILL

    def take(self, wanted: int, now: float) -> tuple[int, Pace]:
        """Grant as many of the wanted messages as there are tokens for, and give the pace after that."""
        if now < self.paused_until:
            return 0, self
        pace = self._rested(now)._filled(now)
        granted = min(wanted, int(pace.tokens))
        return granted, replace(pace, tokens=pace.tokens - granted, asked_at=now)

    def slowed(self, now: float, pause: float) -> Pace:
        """Answer a quota: nothing for `pause` seconds, then half of the present rate, rising again."""
        if now < self.paused_until:  # the answers to what was under way tell of the same quota
            return replace(self, paused_until=max(self.paused_until, now + pause))
        half = min(max(self.rate(now) / 2, LEAST), self.steady)
        until = now + pause
        return replace(
            self, floor=half, began_at=until, filled_at=until, asked_at=until, paused_until=until, tokens=0.0
        )

    def wait(self, now: float) -> float:
        """Give the seconds until a message may be sent: 0 if now, unless another is sent meanwhile."""
        if now < self.paused_until:
            return self.paused_until - now
        pace = self._rested(now)._filled(now)
        missing, rate = max(1.0 - pace.tokens, 0.0), pace.rate(now)
        rising, slope = max(pace.began_at + RAMP - now, 0.0), (self.steady - pace.floor) / RAMP
        # The tokens of t seconds are rate·t + slope·t²/2, as long as the rate rises.
        gained = rate * rising + slope * rising * rising / 2
        if slope <= 0 or gained <= missing:
            return rising + (missing - gained) / self.steady
        return float((-rate + (rate * rate + 2 * slope * missing) ** 0.5) / slope)

    def _rested(self, now: float) -> Pace:
        """Begin the ramp anew where nothing was asked for long."""
        if now - self.asked_at < IDLE:
            return self
        return replace(self, floor=0.0, began_at=now, filled_at=now, asked_at=now, tokens=0.0)

    def _filled(self, now: float) -> Pace:
        """Count the tokens since the last time."""
        if now <= self.filled_at:
            return self
        gained = self._area(now) - self._area(self.filled_at)
        tokens = min(self.tokens + gained, max(self.full * BURST, 1.0))
        return replace(self, tokens=tokens, filled_at=now)

    def _area(self, moment: float) -> float:
        """Give the messages that the rate makes from the beginning of the ramp up to a moment."""
        rising = min(max(moment - self.began_at, 0.0), RAMP)
        level = max(moment - self.began_at - RAMP, 0.0)
        return self.floor * rising + (self.steady - self.floor) * rising * rising / (2 * RAMP) + self.steady * level
