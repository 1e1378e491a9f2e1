"""Google's access tokens for a service account (RFC 7523): one for the process, fetched by one thread at a time.

https://developers.google.com/identity/protocols/oauth2/service-account
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric import rsa

from ..http_transport import Unavailable
from ..jwt import rsa_key, sign_rs256
from ..outcome import MISCONFIGURED, Action, Fate, Ruling
from ..reading import code_of, json_object
from ..transport import ConfigurationError
from ..wire import Failure, Origin, Reply, Request, runtime

logger = logging.getLogger(__name__)

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
"""The narrowest that can send: it opens nothing else of the project, should it leak."""
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIFE = 3600
"""Seconds for which an assertion is good; Google allows no more."""
RENEW_AT = 0.8
"""The share of a token's life after which it is renewed, while it still serves the other threads."""
MARGIN = 0.05
"""The share of its life at the end in which it is not used any more: a request takes time."""
BETWEEN_REFUSALS = 60.0
"""Seconds in which a second token that FCM refuses is a sign of a wrong configuration, not of an old token."""
PATIENCE = 10.0
"""Seconds after a failure in which Google is not asked again, unless it names a time itself."""
DOWN = Ruling(Fate.NOT_PROCESSED, Action.PAUSE, wait=timedelta(seconds=PATIENCE))


@dataclass(frozen=True)
class ServiceAccount:
    """Who sends, as in the JSON file that Google hands out."""

    project_id: str
    client_email: str
    token_uri: str
    key_id: str
    key: rsa.RSAPrivateKey = field(repr=False)

    @classmethod
    def from_json(cls, text: str, whose: str) -> ServiceAccount:
        """Read the file's text. Raises `ConfigurationError`; whose: how to call it there."""
        try:
            found: Mapping[str, str] = json.loads(text)
            names = ("project_id", "client_email", "token_uri", "private_key_id", "private_key")
            project, email, uri, key_id, pem = (str(found[name]) for name in names)
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigurationError(f"{whose} is not the JSON file of a service account.") from error
        return cls(project, email, uri, key_id, rsa_key(pem, f"The private key of {whose}"))


@dataclass(frozen=True)
class _Access:
    token: str
    got_at: float
    life: float

    def is_fresh(self, now: float) -> bool:
        return now < self.got_at + self.life * RENEW_AT

    def is_usable(self, now: float) -> bool:
        return now < self.got_at + self.life * (1 - MARGIN)


class AccessTokens:
    """The access token of an account. Any number of threads may ask for it."""

    def __init__(self, account: ServiceAccount, origin: Origin) -> None:
        self._account, self._origin = account, origin
        self._path = urlsplit(account.token_uri).path or "/"
        self._fetching = threading.Lock()
        self._access: _Access | None = None
        self._problem: Unavailable | None = None
        self._ask_again_at = 0.0
        self._refused_at = float("-inf")

    def token(self) -> str:
        """Give a token that is good now. Raises `Unavailable`, at once while Google is not to be asked again."""
        access, now = self._access, time.monotonic()
        if access is not None and access.is_fresh(now):
            return access.token
        if access is None or not access.is_usable(now):
            with self._fetching:
                return self._renewed(None)
        # Whoever still has a usable token goes on with it while another thread fetches the next.
        if not self._fetching.acquire(blocking=False):
            return access.token
        try:
            return self._renewed(access.token)
        finally:
            self._fetching.release()

    def refuse(self, token: str) -> bool:
        """Use this token no more; tell whether another may do better: a token is dropped once a minute at most."""
        with self._fetching:
            if self._access is None or self._access.token != token:
                return True  # it has been replaced already
            now = time.monotonic()
            if now - self._refused_at < BETWEEN_REFUSALS:
                return False
            self._refused_at, self._access = now, None
            return True

    def _renewed(self, usable: str | None) -> str:
        """Fetch a token, unless another thread has or Google is not to be asked; called under the lock."""
        now = time.monotonic()
        if self._access is not None and self._access.is_fresh(now):
            return self._access.token
        if now >= self._ask_again_at:
            self._fetch(now)
        if self._problem is None and self._access is not None:
            return self._access.token
        if usable is not None:
            return usable
        raise self._problem or Unavailable(DOWN.outcome("oauth"))

    def _fetch(self, now: float) -> None:
        reply = self._ask()
        content = json_object(reply.body)
        token, life = content.get("access_token"), content.get("expires_in")
        if reply.status == 200 and isinstance(token, str) and isinstance(life, int):
            self._access, self._problem = _Access(token, now, life), None
            return
        self._problem = _problem(reply, code_of(content.get("error")))
        wait = self._problem.outcome.retry_after
        self._ask_again_at = now + (wait.total_seconds() if wait else PATIENCE)
        logger.warning("no access token", extra={"code": self._problem.outcome.code})

    def _ask(self) -> Reply:
        """Ask Google; once more where the answer was lost on the way, which does no harm here."""
        for _ in range(2):
            ((_request, reply),) = next(runtime().exchange([self._request()]))
            if reply.status or reply.detail == "backing_off":
                break
        return reply

    def _request(self) -> Request:
        now = int(time.time())
        account = self._account
        claims = {"iss": account.client_email, "scope": SCOPE, "aud": account.token_uri, "iat": now, "exp": now + LIFE}
        form = {"grant_type": GRANT, "assertion": sign_rs256(claims, account.key, account.key_id)}
        return Request(
            key=None,
            origin=self._origin,
            path=self._path,
            headers=("Content-Type: application/x-www-form-urlencoded",),
            body=urlencode(form).encode(),
            expires_at=now + 60,
        )


def _problem(reply: Reply, code: str) -> Unavailable:
    """Say why there is no token; whatever befell that request, the messages themselves were not sent."""
    is_refused = 400 <= reply.status < 500 and reply.status != 429
    ruling = MISCONFIGURED if is_refused or reply.failure == Failure.UNTRUSTED else DOWN
    return Unavailable(ruling.outcome(f"oauth_{code or reply.failure or reply.status}", retry_after=reply.retry_after))
