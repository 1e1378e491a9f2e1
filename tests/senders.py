"""Processes that send what is due. Each runs `python -m tests.senders TRANSPORT TRANSPORTS LEASE`."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.workers import Worker

GO = signal.SIGUSR1


class Sender(Worker):
    """A process that sends what is due and takes up what vanished senders held, once it is told to, until it ends."""

    READY = "ready\n"

    def __init__(
        self,
        directory: Path,
        environment: Mapping[str, str],
        transport: str,
        transports: Mapping[str, Any],
        *,
        lease: float = 120,
    ) -> None:
        super().__init__(directory, environment)
        self._arguments = [transport, json.dumps(transports), str(lease)]

    def _command(self) -> list[str]:
        return ["tests.senders", *self._arguments]

    def begin(self) -> None:
        """Tell it to send."""
        os.kill(self.pid, GO)


def main(transport: str, transports: str, lease: str) -> None:
    """Wait to be told, and then send for ever."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [GO])

    import django

    django.setup()
    from django.conf import settings

    from notifications import clock
    from notifications.delivery.sending import send_due
    from notifications.delivery.upkeep import expire, settle_lost
    from notifications.transports import configure

    # Not by the environment: a process that has another than the others has to import everything for itself.
    settings.PUSH_TRANSPORTS = json.loads(transports)
    settings.PUSH_RATES = {"default": 1e6}
    settings.PUSH_LEASE = timedelta(seconds=float(lease))
    configure(settings.PUSH_TRANSPORTS)
    print("ready", flush=True)  # noqa: T201
    signal.sigwait([GO])
    while True:
        settle_lost(clock.now())
        expire(clock.now())
        send_due(transport, 0.5)
        time.sleep(0.02)


if __name__ == "__main__":
    main(*sys.argv[1:])
