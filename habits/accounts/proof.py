"""Whether it is really the person who asks, for what cannot be taken back."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from allauth.account import app_settings
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY

from habits.models import User


def is_proven(user: User, session: Mapping[str, Any] | None, password: str) -> bool:
    """Tell whether the password is right, or was said again in this session within the last minutes.

    The latter is allauth's `auth/reauthenticate`, by password or second factor, and holds for
    ACCOUNT_REAUTHENTICATION_TIMEOUT seconds, five minutes.
    """
    return bool(password and user.check_password(password)) or _has_just_said_so(session)


def _has_just_said_so(session: Mapping[str, Any] | None) -> bool:
    records = session.get(AUTHENTICATION_METHODS_SESSION_KEY, []) if session is not None else []
    oldest = time.time() - app_settings.REAUTHENTICATION_TIMEOUT
    return any(record.get("reauthenticated") and record.get("at", 0) > oldest for record in records)
