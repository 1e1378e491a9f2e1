"""What Apple's push service answers, and what it means.

https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from ..outcome import ANY, GONE, MISCONFIGURED, OK, OUR_MISTAKE, Action, Fate, Ruling, Table

DOUBTFUL_ADDRESS = Ruling(Fate.REJECTED, Action.RETIRE_IF_FEW, alarm=True)
"""The address may be dead, or all of them are of the other environment or of another app."""
APPLE_IS_DOWN = Ruling(Fate.UNKNOWN, Action.REPEAT_ONCE, wait=timedelta(minutes=15))
"""Apple asks for 15 minutes; most reminders have expired by then."""

OUR_MISTAKES = (
    "BadCollapseId",
    "BadExpirationDate",
    "BadMessageId",
    "BadPriority",
    "BadTopic",
    "DuplicateHeaders",
    "IdleTimeout",
    "InvalidPushType",
    "MissingDeviceToken",
    "MissingTopic",
    "PayloadEmpty",
    "TopicDisallowed",
)

TABLE: Table = MappingProxyType(
    {
        (200, ANY): OK,
        (410, "Unregistered"): GONE,
        (410, "ExpiredToken"): GONE,
        (410, ANY): GONE,
        (400, "BadDeviceToken"): DOUBTFUL_ADDRESS,
        (400, "DeviceTokenNotForTopic"): DOUBTFUL_ADDRESS,
        **{(400, reason): OUR_MISTAKE for reason in OUR_MISTAKES},
        (400, ANY): OUR_MISTAKE,
        (404, "BadPath"): OUR_MISTAKE,
        (405, "MethodNotAllowed"): OUR_MISTAKE,
        (413, "PayloadTooLarge"): OUR_MISTAKE,
        (403, "ExpiredProviderToken"): Ruling(Fate.NOT_PROCESSED, Action.REPEAT, renew=True),
        (403, "InvalidProviderToken"): MISCONFIGURED,
        (403, "MissingProviderToken"): MISCONFIGURED,
        (403, "BadEnvironmentKeyIdInToken"): MISCONFIGURED,
        (403, "BadCertificate"): MISCONFIGURED,
        (403, "BadCertificateEnvironment"): MISCONFIGURED,
        (403, "Forbidden"): MISCONFIGURED,
        # The first push has bound the connection to another key.
        (403, "UnrelatedKeyIdInToken"): Ruling(Fate.NOT_PROCESSED, Action.STOP, alarm=True, reconnect=True),
        (403, ANY): MISCONFIGURED,
        (429, "TooManyRequests"): Ruling(Fate.THROTTLED, Action.DELAY, wait=timedelta(minutes=1)),
        # Somebody else signs tokens with the same key; this connection takes none any more.
        (429, "TooManyProviderTokenUpdates"): Ruling(
            Fate.THROTTLED, Action.PAUSE, wait=timedelta(seconds=60), alarm=True, reconnect=True
        ),
        (429, ANY): Ruling(Fate.THROTTLED, Action.DELAY, wait=timedelta(minutes=1)),
        (500, "InternalServerError"): APPLE_IS_DOWN,
        (503, "ServiceUnavailable"): APPLE_IS_DOWN,
        (503, "Shutdown"): Ruling(Fate.UNKNOWN, Action.REPEAT_ONCE, wait=timedelta(minutes=15), reconnect=True),
        (5, ANY): APPLE_IS_DOWN,
        (4, ANY): OUR_MISTAKE,
    }
)


def dead_since(milliseconds: object) -> datetime | None:
    """Read the time in an answer of 410, which is in milliseconds since 1970."""
    if not isinstance(milliseconds, int) or not 0 < milliseconds < 4_102_444_800_000:  # the year 2100
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
