"""What browsers' push services answer, and what it means (RFC 8030, RFC 8292)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from ..http_transport import FAILURES
from ..outcome import ANY, GONE, OK, OUR_MISTAKE, Action, Fate, Ruling, Table
from ..wire import Failure

OTHER_KEY = Ruling(Fate.REJECTED, Action.RETIRE_IF_FEW, alarm=True)
"""The subscription was made with another VAPID key. One is a stale one, or a trick to stop everybody's messages; where
there are many, this sender's key is wrong, and the breaker opens by their share."""

TABLE: Table = MappingProxyType(
    {
        (2, ANY): OK,
        (3, ANY): Ruling(Fate.REJECTED, Action.FAIL, alarm=True),  # redirects are not followed
        (404, ANY): GONE,
        (410, ANY): GONE,
        (400, ANY): OUR_MISTAKE,
        (401, ANY): OTHER_KEY,
        (403, ANY): OTHER_KEY,
        (413, ANY): OUR_MISTAKE,
        (429, ANY): Ruling(Fate.THROTTLED, Action.DELAY, wait=timedelta(minutes=1)),
        (4, ANY): OUR_MISTAKE,
        (5, ANY): Ruling(Fate.UNKNOWN, Action.REPEAT_ONCE, wait=timedelta(seconds=10)),
    }
)

AWAY = Ruling(Fate.NOT_PROCESSED, Action.REPEAT, wait=timedelta(seconds=10), alarm=True)
"""One browser's push service cannot be reached; the others can."""

FAILED: Mapping[Failure, Ruling] = MappingProxyType({**FAILURES, Failure.UNREACHABLE: AWAY, Failure.UNTRUSTED: AWAY})
