"""API tokens: secrets with which scripts act as a person."""

from __future__ import annotations

import hashlib
import secrets

from habits.models import ApiToken, User

PREFIX = "fj_"
"""What tokens begin with, so that a leaked one is recognised by scanners of secrets."""


def issue_token(user: User, name: str = "") -> str:
    """Make a token for a person and give it; it cannot be shown again, since only its hash is stored."""
    return issue(user, name)[1]


def issue(user: User, name: str) -> tuple[ApiToken, str]:
    """Make a token; give what is stored of it, and the token."""
    token = PREFIX + secrets.token_urlsafe(32)
    return ApiToken.objects.create(user=user, digest=_digest(token), name=name), token


# The active person of a token; each request asks. Index: the unique one of the digest.
OWNER = """
    SELECT person.* FROM habits_apitoken AS token JOIN habits_user AS person ON person.id = token.user_id
    WHERE token.digest = %s AND person.is_active
"""


def owner_of(token: str) -> User | None:
    """Give the person of a token that is valid and whose account is active."""
    return next(iter(User.objects.raw(OWNER, [_digest(token)])), None)


def _digest(token: str) -> str:
    # Tokens are random, so that a hash without salt or stretching gives nothing away.
    return hashlib.sha256(token.encode()).hexdigest()
