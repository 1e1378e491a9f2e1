"""Who sends a REST request: the session token that logging in gave."""

from __future__ import annotations

from typing import Any

from allauth.headless.contrib.rest_framework.authentication import XSessionTokenAuthentication
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.request import Request


class SessionTokenAuthentication(XSessionTokenAuthentication):  # type: ignore[misc]
    """Reads the header X-Session-Token; a request without a valid one is answered 401."""

    def authenticate_header(self, request: Request) -> str:
        """Give the WWW-Authenticate challenge; without one, REST framework answers 403 in place of 401."""
        return "X-Session-Token"


class SessionTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes the session token in the OpenAPI schema."""

    target_class = SessionTokenAuthentication
    name = "sessionToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Give the OpenAPI security scheme."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "X-Session-Token",
            "description": "The `meta.session_token` of `POST /api/v1/auth/app/v1/auth/login` or `…/signup`.",
        }
