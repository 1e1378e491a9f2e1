"""`python -m benchmarks.push.firebase URL TOKEN`: the same messages through firebase-admin's `send_each`, 500 a call.

It runs in .venv-bench. The access token is given to it, so that what it does about those is not measured.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter

import firebase_admin
import requests
from firebase_admin import credentials, messaging
from google.oauth2.credentials import Credentials

AT_ONCE = 500
"""More it does not take."""


class Given(credentials.Base):
    """A token that is good for longer than this runs."""

    def get_credential(self) -> Credentials:
        """Give it as Google's library takes it."""
        return Credentials(sys.argv[2])


def main() -> None:
    """Get ready, wait for the word, send, and print the figures."""
    url = sys.argv[1]
    messaging._MessagingService.FCM_URL = f"{url}/v1/projects/{{0}}/messages:send"
    app = firebase_admin.initialize_app(Given(), {"projectId": "habits-test"})
    session = messaging._get_messaging_service(app)._client.session
    # As it does for Google's address: as many connections as it may use, kept open.
    session.mount(url, requests.adapters.HTTPAdapter(pool_connections=100, pool_maxsize=100))
    print("ready", flush=True)
    number = int(sys.stdin.readline())
    cpu, started = time.process_time(), time.monotonic()
    counts: Counter[str] = Counter()
    for first in range(0, number, AT_ONCE):
        answers = messaging.send_each([_message(n) for n in range(first, min(first + AT_ONCE, number))], app=app)
        counts["ok"] += answers.success_count
        counts["failed"] += answers.failure_count
    seconds, cpu = time.monotonic() - started, time.process_time() - cpu
    print(json.dumps({"counts": counts, "cpu_s": cpu, "seconds": seconds}), flush=True)


def _message(n: int) -> messaging.Message:
    data = {"kind": "habit", "notification_id": str(n), "day": "2026-03-09", "reminder_id": str(n), "delivery_id": "d"}
    return messaging.Message(
        token=f"phone-{n}-{'x' * 150}",
        notification=messaging.Notification(title=f"Walk {n}", body="It's time."),
        data=data,
        android=messaging.AndroidConfig(
            priority="high", ttl=3600, notification=messaging.AndroidNotification(tag=f"{n:024}", visibility="public")
        ),
        apns=messaging.APNSConfig(
            headers={"apns-collapse-id": f"{n:024}", "apns-expiration": "1773000000", "apns-priority": "10"}
        ),
    )


if __name__ == "__main__":
    main()
