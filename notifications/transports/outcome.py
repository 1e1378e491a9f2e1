"""What became of a message that was handed to a provider, and what follows from it.

Each transport has a table from the provider's answers to rulings (`answers.py` of its package). A table is data: the
sources of its rows are the providers' documents, named there, and a test goes through every row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from notifications.domain.breaker import Verdict


class Fate(StrEnum):
    """What is known of what became of the message."""

    OK = "ok"
    """The provider has taken it; whether it reaches the device is not known."""
    REJECTED = "rejected"
    """It was refused, and would be again."""
    THROTTLED = "throttled"
    """It was refused for now."""
    NOT_PROCESSED = "not_processed"
    """It certainly had no effect; sending it again is no repetition."""
    UNKNOWN = "unknown"
    """It may have been delivered, or not; nobody can tell."""


class Action(StrEnum):
    """What the sender is to do."""

    RECORD = "record"
    """Note that it was sent."""
    RETIRE = "retire"
    """Send nothing more to the device, unless it has registered again since the claim (or since `dead_since`)."""
    RETIRE_IF_FEW = "retire_if_few"
    """The same while such answers are few; where they are many, the configuration is wrong and no device is."""
    FAIL = "fail"
    """Give the message up and leave the device alone."""
    REPEAT = "repeat"
    """Send it again, after `retry_after` if there is one; it costs no attempt."""
    REPEAT_ONCE = "repeat_once"
    """Send it once more with the same ids, after `retry_after`, if its kind replaces itself on the device."""
    DELAY = "delay"
    """Send nothing to this device for `retry_after`, then go on."""
    PAUSE = "pause"
    """Send nothing through this transport for `retry_after`, then go on, slower after a quota (`THROTTLED`)."""
    STOP = "stop"
    """Open the breaker: the configuration has to be mended first. The message may be repeated then."""
    EXPIRE = "expire"
    """Its time is over: nothing was sent, and nothing is to be."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one message. It names no address."""

    fate: Fate
    action: Action
    code: str
    """The provider's word for it, or this project's for what happened on the way; safe to log."""
    dead_since: datetime | None = None
    """When the provider noticed; a device that registered later is alive."""
    retry_after: timedelta | None = None
    provider_id: str = ""
    alarm: bool = False
    """Somebody should look at it."""

    @property
    def verdict(self) -> Verdict:
        """Say what it tells about the transport, for the breaker."""
        if self.action == Action.STOP:
            return Verdict.FATAL
        if self.alarm or self.fate == Fate.UNKNOWN:
            return Verdict.BAD
        return Verdict.GOOD if self.fate in {Fate.OK, Fate.REJECTED} else Verdict.NEUTRAL


@dataclass(frozen=True)
class Ruling:
    """A row of a table: what an answer means."""

    fate: Fate
    action: Action
    wait: timedelta | None = None
    """How long to wait where the provider does not say, and at least."""
    alarm: bool = False
    renew: bool = False
    """The credential that was used is not good any more: another may be."""
    reconnect: bool = False
    """The connection is not to be used again."""

    def outcome(
        self,
        code: str,
        *,
        retry_after: timedelta | None = None,
        dead_since: datetime | None = None,
        provider_id: str = "",
    ) -> Outcome:
        """Give the outcome of one message to which this row applies."""
        waits = [wait for wait in (retry_after, self.wait) if wait is not None]
        return Outcome(
            fate=self.fate,
            action=self.action,
            code=code,
            dead_since=dead_since,
            retry_after=max(waits, default=None) if self.action not in {Action.RECORD, Action.FAIL} else None,
            provider_id=provider_id,
            alarm=self.alarm,
        )


ANY = "*"
"""In a table: every code of this status that has no row of its own."""

Table = Mapping[tuple[int, str], Ruling]
"""From status and code to a ruling. A status below 10 stands for its hundred: 5 for every 5xx."""


def ruling_for(table: Table, status: int, code: str) -> Ruling:
    """Find the row for an answer: for its code, else for its status, else for the hundred that its status is in."""
    keys = ((status, code), (status, ANY), (status // 100, ANY))
    return next((table[key] for key in keys if key in table), UNEXPECTED)


OK = Ruling(Fate.OK, Action.RECORD)
OUR_MISTAKE = Ruling(Fate.REJECTED, Action.FAIL, alarm=True)
UNEXPECTED = Ruling(Fate.UNKNOWN, Action.REPEAT_ONCE, wait=timedelta(seconds=10), alarm=True)
GONE = Ruling(Fate.REJECTED, Action.RETIRE)
MISCONFIGURED = Ruling(Fate.NOT_PROCESSED, Action.STOP, alarm=True)
EXPIRED = Ruling(Fate.NOT_PROCESSED, Action.EXPIRE)
