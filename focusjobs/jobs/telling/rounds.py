"""When the latest round of housekeeping ended, for metrics and the overview."""

from __future__ import annotations

import logging
import time
from typing import cast

import redis

from . import wakeups

logger = logging.getLogger(__name__)

LAST_ROUND = "focusjobs:housekeeping"
"""The key in Redis."""


def note_round() -> None:
    """Note that a round has ended now; without Redis it goes unnoted."""
    try:
        wakeups.client().set(LAST_ROUND, time.time())
    except redis.RedisError as error:
        logger.warning("round of housekeeping not noted", extra={"error": str(error)})


def last_round() -> float | None:
    """Give when the latest round ended, as a Unix time; None where Redis has forgotten. Raises `redis.RedisError`."""
    noted = cast("bytes | None", wakeups.client().get(LAST_ROUND))
    return None if noted is None else float(noted)
