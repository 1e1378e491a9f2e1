"""Whole requests that are refused. What is wrong with single rows is told by their ids instead."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import APIException

from .limits import MAX_BYTES, MAX_OPERATIONS


class BadShape(APIException):
    """The request is not what the protocol says: 400."""

    status_code = 400
    default_code = "shape"


class TooLarge(APIException):
    """The push has too many rows or bytes: 413, with the limits, so that the phone can split it."""

    status_code = 413
    default_code = "too_large"
    members: dict[str, Any] = {"max_ops": MAX_OPERATIONS, "max_bytes": MAX_BYTES}  # noqa: RUF012 - read only


class UnknownTable(APIException):
    """The push has rows of a table that is not synced: 422."""

    status_code = 422
    default_code = "unknown_table"


class TryLater(APIException):
    """Another process is merging this person's edits: 503, with Retry-After."""

    status_code = 503
    default_code = "busy"
    default_detail = "Edits of this account are being merged; try again in a second."
    wait = 1
    """Seconds; REST framework makes it Retry-After."""
