"""The Content Security Policy of every page: scripts, styles, pictures and requests from this server alone.

Nothing on a page may be inline, so that text which slipped through the templates' escaping could still run nothing.
Directives: https://www.w3.org/TR/CSP3/.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

HEADER = "Content-Security-Policy"

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


class ContentSecurityPolicyMiddleware:
    """Sends the policy with every answer that has none of its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request under the policy."""
        response = self.get_response(request)
        if not _is_debug_page(response):
            response.headers.setdefault(HEADER, POLICY)
        return response


def _is_debug_page(response: HttpResponseBase) -> bool:
    # Django's own pages about errors, which DEBUG=1 alone shows, have their styles and scripts inline.
    return settings.DEBUG and response.status_code in (404, 500)
