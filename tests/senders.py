"""`python -m tests.senders [TRANSPORT]`: a process that sends what is due, once it is told to, until it is killed."""

from __future__ import annotations

import sys
import time

import django


def main() -> None:
    """Send, and take up what vanished senders held."""
    django.setup()
    from notifications import clock
    from notifications.delivery.sending import send_due
    from notifications.delivery.upkeep import expire, settle_lost

    print("ready", flush=True)  # noqa: T201
    sys.stdin.readline()
    while True:
        settle_lost(clock.now())
        expire(clock.now())
        send_due(*sys.argv[1:2] or ["fcm"], 0.5)
        time.sleep(0.02)


if __name__ == "__main__":
    main()
