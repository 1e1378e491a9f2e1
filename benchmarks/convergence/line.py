"""The way of simulated phones to the real server: HTTP, in one person's name."""

from __future__ import annotations

import http.client
import json
import random
import time
from typing import Any
from uuid import uuid4

from habits.accounts.tokens import issue_token
from habits.models import User
from tests.integration.habits.sync.convergence import Accepted
from tests.integration.habits.sync.inbox import accepted
from tests.integration.habits.sync.simulated_phone import Changes, ConnectionLost

PATIENCE = 30.0
"""Seconds that a request may take, and that a phone waits for a server that is not there."""


class Person:
    """An account, and the server as its phones see it. Some pushes wait for their merge, others do not."""

    def __init__(self, port: int, dice: random.Random, *, patient: float) -> None:
        self.port, self.dice, self.patient = port, dice, patient
        self.user = User.objects.create_user(f"{uuid4().hex}@example.com")
        self.token = issue_token(self.user)

    def now(self) -> int:
        """Give the time in milliseconds."""
        return time.time_ns() // 1_000_000

    def accepted(self, key: str) -> Accepted | None:
        """Tell what became of a push."""
        return accepted(self.user, key)

    def push(self, changes: Changes, *, device: str, cursor: int | None, key: str) -> dict[str, Any]:
        """Give the answer to a push."""
        wait = "wait=10" if self.dice.random() < self.patient else "respond-async"
        headers = {"Idempotency-Key": key, "Prefer": wait, "Content-Type": "application/json"}
        return self._call("POST", f"push?last_pulled_at={_text(cursor)}", device, json.dumps(changes), headers)

    def pull(self, *, device: str, cursor: int | None) -> dict[str, Any]:
        """Give the answer to a pull."""
        path = f"pull?last_pulled_at={_text(cursor)}&schema_version=1&migration=null"
        return self._call("GET", path, device, None, {})

    def _call(self, method: str, path: str, device: str, body: str | None, headers: dict[str, str]) -> dict[str, Any]:
        own = {"Authorization": f"Bearer {self.token}", "X-Device-Id": device}
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            _connect(line)
            line.request(method, f"/api/v1/sync/{path}", body, {**own, **headers})
            response = line.getresponse()
            answer = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise ConnectionLost from error
        finally:
            line.close()
        if response.status == 503:
            raise ConnectionLost
        if response.status not in (200, 202):
            raise RuntimeError(f"{method} {path} was answered {response.status}: {answer[:2_000]!r}")
        return json.loads(answer)


def _connect(line: http.client.HTTPConnection) -> None:
    """Connect, also while the web server is being started again."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return line.connect()
        except ConnectionRefusedError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def _text(cursor: int | None) -> str:
    return "null" if cursor is None else str(cursor)
