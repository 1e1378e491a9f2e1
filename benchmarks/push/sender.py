"""`python -m benchmarks.push.sender due|transport`: sends through FCM, and tells what CPU time that took.

`due` sends all deliveries that are due, with all that belongs to it: claim, check, words, sending, record. `transport`
sends as many messages that are made before, and reads and writes no table. A line of input begins it.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import uuid4


def main() -> None:
    """Get ready, wait for the word, send, and print the figures."""
    import django

    django.setup()
    work = {"due": _due, "transport": _transport}[sys.argv[1]]
    work(0)  # everything is imported, and the connections are made
    print("ready", flush=True)
    number = int(sys.stdin.readline())
    cpu, started = time.process_time(), time.monotonic()
    counts = work(number)
    seconds, cpu = time.monotonic() - started, time.process_time() - cpu
    print(json.dumps({"counts": counts, "cpu_s": cpu, "seconds": seconds}), flush=True)


def _due(number: int) -> Counter[str]:
    from notifications.delivery.sending import send_due

    return send_due("fcm", 600 if number else 0).counts


def _transport(number: int) -> Counter[str]:
    from notifications.transports import Outgoing, transport_for

    not_after = datetime.now(UTC) + timedelta(hours=1)
    messages = (
        Outgoing(
            id=uuid4(),
            address=f"phone-{n}-{'x' * 150}",
            title=f"Walk {n}",
            body="It's time.",
            collapse_id=f"{n:024}",
            not_after=not_after,
            data={"kind": "habit", "notification_id": str(n), "day": "2026-03-09", "reminder_id": str(n)},
        )
        for n in range(number)
    )
    return Counter(str(outcome.fate) for _, outcome in transport_for("fcm").send(messages))


if __name__ == "__main__":
    main()
