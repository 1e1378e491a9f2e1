"""The cache that throttles and login limits count in."""

from __future__ import annotations

import logging
from typing import Any, TypeVar

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.redis import RedisCache
from redis import RedisError

logger = logging.getLogger(__name__)
T = TypeVar("T")


class ForgetfulRedisCache(RedisCache):
    """Redis, or an empty cache while Redis cannot be reached.

    Redis is allowed to be away (only speed and limits are lost, never data), so people must be able to log in and to
    record their habits without it. Each operation that goes without is logged.
    """

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Store a value unless there is one; True also while Redis is away."""
        try:
            return bool(super().add(key, value, timeout, version))
        except RedisError as error:
            return _without(error, True)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """Give a value, or the default also while Redis is away."""
        try:
            return super().get(key, default, version)
        except RedisError as error:
            return _without(error, default)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        """Store a value, if Redis is there."""
        try:
            super().set(key, value, timeout, version)
        except RedisError as error:
            _without(error, None)

    def delete(self, key: Any, version: int | None = None) -> bool:
        """Remove a value; False where there was none, and while Redis is away."""
        try:
            return bool(super().delete(key, version))
        except RedisError as error:
            return _without(error, False)


def _without(error: RedisError, answer: T) -> T:
    logger.warning("Went without the cache: %s", error)
    return answer
