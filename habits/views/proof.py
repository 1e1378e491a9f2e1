"""Proof that it is the person who asks, for what cannot be taken back."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import PermissionDenied

from habits.accounts.proof import is_proven

from .requests import PersonRequest


class NotProven(PermissionDenied):
    """It is not known to be the person who asks."""

    default_detail = "Send the right `password`, or log in again with /auth/app/v1/auth/reauthenticate just before."
    default_code = "reauthentication_required"


def require_proof(request: PersonRequest, password: str) -> None:
    """Raise `NotProven` unless the password is right or was said again just now."""
    session: Any = request.auth
    if not is_proven(request.user, session, password):
        raise NotProven
