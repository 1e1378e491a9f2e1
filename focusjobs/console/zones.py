"""In which time zone the admin writes its instants, and how: what each operator chose, kept in a cookie."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, tzinfo
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils import timezone

COOKIE = "times"


class Times(StrEnum):
    """How instants are written; the exact one always stands beside or behind a relative one."""

    RELATIVE = "relative"
    """As a distance from now, exact ones in the operator's own zone."""
    OWN = "own"
    """In the zone of the operator's account."""
    UTC = "utc"


def chosen_times(request: HttpRequest) -> Times:
    """Give what the operator chose: relative times unless something else."""
    try:
        return Times(request.COOKIES.get(COOKIE, Times.RELATIVE))
    except ValueError:
        return Times.RELATIVE


class OperatorZoneMiddleware:
    """Lets the admin read and write instants in the zone that the operator chose. Behind the one of logins."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request in the operator's zone; other requests than the admin's stay in UTC."""
        if not request.path.startswith(reverse("admin:index")):
            return self.get_response(request)
        with timezone.override(UTC if chosen_times(request) is Times.UTC else zone_of(request.user)):
            return self.get_response(request)


def zone_of(user: Any) -> tzinfo:
    """Give the time zone of an account; UTC where it has none, or one that this machine does not know."""
    try:
        return ZoneInfo(getattr(user, "timezone", "") or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
