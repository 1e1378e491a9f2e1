"""Who does something, and from where."""

from __future__ import annotations

import getpass
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from focusjobs.logs import correlation

from ..models import Operation


@dataclass(frozen=True, kw_only=True)
class Actor:
    """A person, as operations keep them; `user` is None for somebody at a command line without an account."""

    name: str
    source: str
    user: Any = None
    ip: str | None = None
    request_id: str = ""

    @classmethod
    def of_request(cls, request: HttpRequest) -> Actor:
        """Give whoever is logged in."""
        return cls(
            name=str(request.user)[:254],
            source=Operation.Source.ADMIN,
            user=request.user,
            ip=_address(request),
            request_id=str(correlation.fields().get("request_id", ""))[:128],
        )

    @classmethod
    def of_command(cls, user: Any = None) -> Actor:
        """Give whoever uses this computer, or the account that they name."""
        name = str(user) if user is not None else f"{getpass.getuser()} at the command line"
        return cls(name=name[:254], source=Operation.Source.COMMAND, user=user)


def _address(request: HttpRequest) -> str | None:
    """Give the address of the client: of what proxies say only what the trusted ones have appended."""
    proxies = settings.TRUSTED_PROXIES
    passed = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if proxies and len(passed) >= proxies:
        return str(passed[-proxies])[:39]
    return str(request.META.get("REMOTE_ADDR", "")) or None
