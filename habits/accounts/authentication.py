"""Who sends a REST request with `Authorization: Bearer`: an API token, or the session token that logging in gave."""

from __future__ import annotations

from typing import Any

from allauth.headless.internal.sessionkit import authenticate_by_x_session_token
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from habits.models import User

from .tokens import PREFIX, owner_of


class BearerAuthentication(BaseAuthentication):
    """Reads the header Authorization (RFC 6750)."""

    def authenticate(self, request: Request) -> tuple[User, Any] | None:
        """Give the person and the session, which API tokens have none of; None where the header is absent.

        Raises `AuthenticationFailed` for an invalid token.
        """
        scheme, _, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        found = _by_api_token(token) if token.startswith(PREFIX) else authenticate_by_x_session_token(token.strip())
        if found is None:
            raise AuthenticationFailed("This token is not valid; log in again.", code="invalid_token")
        return found

    def authenticate_header(self, request: Request) -> str:
        """Give the WWW-Authenticate challenge; without one, REST framework answers 403 in place of 401."""
        return "Bearer"


def _by_api_token(token: str) -> tuple[User, None] | None:
    user = owner_of(token)
    return (user, None) if user else None


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describes bearer tokens in the OpenAPI schema."""

    target_class = BearerAuthentication
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Give the OpenAPI security scheme."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "The session token that logging in gave, or a token of `manage.py create_token`.",
        }
