"""Which answers of providers cost a device its address, and which do not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.delivery.recording import record
from notifications.delivery.sending import send_due
from notifications.models import Device, ProviderState
from notifications.transports import Action, Fate, Outcome
from tests.providers import Providers

from .outbox import ALIVE, claim_one, only, scripted, states
from .rows import deliveries_to

pytestmark = pytest.mark.django_db


def test_a_thousand_dead_tokens_retire_their_devices_and_hold_nobody_up(push: Providers) -> None:
    dead = [f"dead{number}" for number in range(1000)]
    push.set("fcm", keeps=False)
    deliveries_to("fcm", [*ALIVE[:10], *dead, *ALIVE[10:]])
    progress = send_due("fcm", 300)

    assert (progress.counts, progress.is_done) == ({"rejected": 1000, "sent": 20}, True)
    assert Device.objects.filter(state="retired", retired_reason="gone", address="").count() == 1000
    assert Device.objects.filter(state="active").count() == 20
    assert push.report("fcm")["requests"] == 1020
    assert ProviderState.objects.get(transport="fcm").breaker == "closed"


def test_a_device_that_registered_again_meanwhile_is_not_retired(push: Providers) -> None:
    (delivery,) = deliveries_to("fcm", ["dead1"])
    batch = claim_one("fcm")
    Device.objects.update(registered_at=timezone.now())
    gone = Outcome(fate=Fate.REJECTED, action=Action.RETIRE, code="UNREGISTERED")
    record("fcm", [(batch, gone)], timezone.now())

    assert Device.objects.get().state == "active"
    assert only().state == "rejected"
    assert delivery.pk == batch.id


def test_apple_cannot_retire_what_registered_after_it_found_it_dead(push: Providers) -> None:
    deliveries_to("apns", [f"dead{0:060x}"])
    Device.objects.update(registered_at=timezone.now() - timedelta(hours=1))  # Apple's answer is of yesterday
    send_due("apns", 20)

    assert (only().state, Device.objects.get().state) == ("rejected", "active")


def test_one_broken_payload_retires_nobody(push: Providers) -> None:
    deliveries_to("fcm", ALIVE)
    scripted(push, 400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", times=5)
    send_due("fcm", 20)

    assert states() == {"rejected": 5, "sent": 15}
    assert not Device.objects.filter(state="retired").exists()


def test_a_wrong_address_among_many_good_ones_is_retired(push: Providers) -> None:
    deliveries_to("apns", [f"{number:064x}" for number in range(120)])
    reason = '{"reason": "BadDeviceToken"}'
    push.script("apns", {"do": "reply", "status": 400, "body": reason, "after": 110, "times": 1})
    send_due("apns", 20)

    assert states() == {"sent": 119, "rejected": 1}
    assert Device.objects.filter(state="retired", retired_reason="doubtful").count() == 1


def test_wrong_addresses_everywhere_mean_a_wrong_configuration(push: Providers) -> None:
    deliveries_to("apns", [f"{number:064x}" for number in range(120)])
    push.script("apns", {"do": "reply", "status": 400, "body": '{"reason": "BadDeviceToken"}'})
    send_due("apns", 20)

    assert not Device.objects.filter(state="retired").exists()
    assert ProviderState.objects.get(transport="apns").breaker == "open"
