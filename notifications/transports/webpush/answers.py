"""What browsers' push services answer, and what it means (RFC 8030, RFC 8292)."""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType

from ..outcome import ANY, GONE, MISCONFIGURED, OK, OUR_MISTAKE, Action, Kind, Ruling, Scope, Table

TABLE: Table = MappingProxyType(
    {
        (2, ANY): OK,
        (3, ANY): Ruling(Kind.REJECTED, Action.FAIL, Scope.DEVICE, alarm=True),  # redirects are not followed
        (404, ANY): GONE,
        (410, ANY): GONE,
        (400, ANY): OUR_MISTAKE,
        (401, ANY): MISCONFIGURED,  # the VAPID key is not the one that was subscribed with
        (403, ANY): MISCONFIGURED,
        (413, ANY): OUR_MISTAKE,
        (429, ANY): Ruling(Kind.THROTTLED, Action.DELAY, Scope.DEVICE, wait=timedelta(minutes=1)),
        (4, ANY): OUR_MISTAKE,
        (5, ANY): Ruling(Kind.UNKNOWN, Action.REPEAT_ONCE, wait=timedelta(seconds=10)),
    }
)
