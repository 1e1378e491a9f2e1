"""Tells who asks allauth too often when to come back, in a problem document as the rest of the interface does."""

from __future__ import annotations

from collections.abc import Callable

from allauth.core.internal.ratelimit import get_rates
from allauth.headless.base.response import RateLimitResponse
from django.http import HttpRequest, HttpResponse, JsonResponse

from focusjobs.rest.problems import PROBLEM_JSON, problem

LIMITS = {
    "request_password_reset": "reset_password",
    "reset_password": "reset_password_from_key",
    "resend_email_verification_code": "confirm_email",
}
"""allauth's limits by the names of its addresses, where those are not the same."""

MINUTE = 60
"""Seconds to wait where an address has no limit of its own."""


class ThrottledAccountsMiddleware:
    """Puts a problem document in place of allauth's bare answer 429."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        response = self.get_response(request)
        return _throttled(request) if isinstance(response, RateLimitResponse) else response


def _throttled(request: HttpRequest) -> HttpResponse:
    address = (request.resolver_match.url_name if request.resolver_match else None) or ""
    rates = get_rates(app="allauth.account", action=LIMITS.get(address, address))
    wait = round(max((rate.duration for rate in rates), default=MINUTE))
    document = problem(429, code="throttled", detail=f"Too many requests; try again in {wait} seconds.")
    return JsonResponse(document, status=429, content_type=PROBLEM_JSON, headers={"Retry-After": str(wait)})
