"""Providers of push messages on this machine, which speak the real protocols: for tests and benchmarks.

`with Providers.start() as providers:` runs them in a process of their own, over TLS and HTTP/2 with certificates made
at the time. What they accept is kept, and faults can be scripted: see `tests/providers/faults.py`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .certificates import make_certificates
from .credentials import APNS_KEY_ID, TEAM, TOPIC, Credentials, make_credentials

ROOT = Path(__file__).parent.parent.parent


@dataclass(frozen=True)
class Providers:
    """The process that plays them, and the credentials that it knows."""

    process: subprocess.Popen[str]
    ports: dict[str, int]
    credentials: Credentials

    @classmethod
    @contextmanager
    def start(cls) -> Iterator[Providers]:
        """Run them until the end of the block."""
        with TemporaryDirectory(prefix="providers-") as name:
            folder = Path(name)
            make_certificates(folder)
            process = _spawn(folder)
            try:
                ports = json.loads(_line(process))
                credentials = make_credentials(folder, f"https://localhost:{ports['oauth']}/token")
                providers = cls(process, ports, credentials)
                providers._say("keys")
                yield providers
            finally:
                process.communicate(timeout=30)  # which closes its input, and so ends it

    def url(self, service: str) -> str:
        """Give the base address of `fcm`, `oauth`, `apns`, `webpush`, or `fcm_http1` (FCM without HTTP/2)."""
        return f"https://localhost:{self.ports[service]}"

    def options(self, service: str) -> dict[str, Any]:
        """Give what PUSH_TRANSPORTS says of `fcm`, `apns` or `webpush` so that messages come here."""
        files, common = self.credentials, {"kind": service, "ca_file": str(self.credentials.ca)}
        if service == "fcm":
            return {**common, "credentials_file": str(files.service_account), "base_url": self.url("fcm")}
        if service == "apns":
            account = {"key_id": APNS_KEY_ID, "team_id": TEAM, "topic": TOPIC}
            return {**common, **account, "credentials_file": str(files.apns_key), "base_url": self.url("apns")}
        own = {"contact": "mailto:ops@example.org", "hosts": [f"localhost:{self.ports['webpush']}"]}
        return {**common, **own, "credentials_file": str(files.vapid_key)}

    def clear(self) -> None:
        """Forget everything that was accepted, counted and scripted."""
        self._say({"do": "clear"})

    def script(self, service: str, *faults: dict[str, Any]) -> None:
        """Play these faults from now on; the fields are those of `tests.providers.faults.Fault`."""
        self._say({"do": "script", "service": service, "faults": faults})

    def set(self, service: str, **values: float) -> None:
        """Set `seconds` (how long each answer takes), `max_streams`, or `life` of access tokens in seconds.

        `keeps=False` counts what is accepted and forgets it, for measurements.
        """
        self._say({"do": "set", "service": service, **values})

    def drop(self, service: str, how: str = "close") -> None:
        """End every connection: `close`, `abort` or `go_away`."""
        self._say({"do": "drop", "service": service, "how": how})

    def report(self, service: str) -> dict[str, Any]:
        """Give the counts of one provider; `each_second` are the requests by second since 1970."""
        return self._say({"do": "report", "service": service})

    def accepted(self, service: str) -> list[dict[str, Any]]:
        """Give what one provider has taken to deliver, in order, with `at` and `connection`."""
        return self._say({"do": "accepted", "service": service})

    def subscribe(self, number: int = 1) -> list[dict[str, str]]:
        """Give subscriptions of so many browsers: endpoint, p256dh, auth."""
        return self._say({"do": "subscribe", "number": number})

    def wait_until(self, service: str, condition: Callable[[dict[str, Any]], bool], seconds: float = 30) -> None:
        """Wait until the report of a provider meets a condition; fails after so many seconds."""
        deadline = time.monotonic() + seconds
        while not condition(report := self.report(service)):
            assert time.monotonic() < deadline, f"still {report} after {seconds} s"

    def _say(self, content: Any) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(content) + "\n")
        self.process.stdin.flush()
        return json.loads(_line(self.process))


def _spawn(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.providers", str(folder)]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, "the providers have ended; standard error says why"
    return line
