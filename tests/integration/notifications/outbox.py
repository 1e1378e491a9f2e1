"""What the tests of deliveries ask again and again."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from django.utils import timezone

from notifications.delivery.claiming import claim
from notifications.models import Delivery
from tests.providers import Providers
from tests.providers.fcm import failure

ALIVE = [f"phone{number}" for number in range(20)]


def states() -> Counter[str]:
    """Count deliveries by state."""
    return Counter(Delivery.objects.values_list("state", flat=True))


def only() -> Delivery:
    """Give the one delivery that there is."""
    return Delivery.objects.get()


def scripted(push: Providers, code: int, status: str, error: str = "", **values: Any) -> None:
    """Let FCM answer so."""
    body = json.dumps(failure(code, status, error))
    push.script("fcm", {"do": "reply", "status": code, "body": body, **values})


def claim_one(transport: str) -> Any:
    """Claim the one delivery that there is or that may be sent, as soon as the ramp allows it."""
    while not (batch := claim(transport, timezone.now())).held:
        assert batch.wait is not None
    (held,) = batch.held
    return held
