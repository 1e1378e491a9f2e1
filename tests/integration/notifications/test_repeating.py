"""What nobody can know is repeated once under the same ids, and what had no effect as often as needed."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from notifications.delivery.recording import record
from notifications.delivery.sending import send_due
from notifications.delivery.upkeep import settle_lost, waiting
from notifications.models import Delivery, Device
from notifications.transports import Action, Fate, Outcome
from tests.providers import Providers

from .outbox import ALIVE, claim_one, only, scripted, states
from .rows import deliveries_to

pytestmark = pytest.mark.django_db


SENT = Outcome(fate=Fate.OK, action=Action.RECORD, code="sent", provider_id="their-number")


def test_what_the_server_reset_after_taking_it_is_sent_once_more_with_the_same_ids(push: Providers) -> None:
    deliveries_to("fcm", ["phone"])
    push.script("fcm", {"do": "reset_after", "times": 1})
    send_due("fcm", 20)
    assert (only().state, only().attempts) == ("pending", 1)
    Delivery.objects.update(next_at=timezone.now())
    send_due("fcm", 20)

    first, second = push.accepted("fcm")
    assert (only().state, only().attempts) == ("sent", 2)
    assert first["message"]["data"] == second["message"]["data"]
    assert first["message"]["android"]["notification"]["tag"] == second["message"]["android"]["notification"]["tag"]


def test_a_second_lost_answer_ends_it_as_unknown(push: Providers) -> None:
    deliveries_to("fcm", ["phone"])
    push.script("fcm", {"do": "reset_after"})
    for _ in range(3):
        Delivery.objects.update(next_at=timezone.now())
        send_due("fcm", 20)

    assert (only().state, only().attempts, len(push.accepted("fcm"))) == ("unknown", 2, 2)


def test_a_refused_stream_costs_no_attempt(push: Providers) -> None:
    deliveries_to("fcm", ALIVE)
    push.script("fcm", {"do": "refuse", "after": 5, "times": 3})
    for _ in range(4):  # one that is refused again and again within a round waits for another
        Delivery.objects.filter(state="pending").update(next_at=timezone.now())
        send_due("fcm", 20)

    assert states() == {"sent": 20}
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {1}
    assert len(push.accepted("fcm")) == 20


def test_a_goodbye_in_mid_batch_loses_nothing_and_repeats_only_what_got_no_answer(push: Providers) -> None:
    deliveries_to("fcm", [f"phone{number}" for number in range(200)])
    push.script("fcm", {"do": "go_away", "every": 40})
    send_due("fcm", 30)
    push.script("fcm")  # a connection that ends just as a message is handed over leaves that one without an answer
    Delivery.objects.filter(state="pending").update(next_at=timezone.now())
    send_due("fcm", 30)

    accepted = Counter(one["message"]["data"]["delivery_id"] for one in push.accepted("fcm"))
    repeated = {str(pk) for pk in Delivery.objects.filter(attempts__gt=1).values_list("pk", flat=True)}
    assert (states(), len(accepted)) == ({"sent": 200}, 200)
    assert {name for name, times in accepted.items() if times > 1} <= repeated


def test_a_device_that_apple_throttles_waits_alone(push: Providers) -> None:
    deliveries_to("apns", [f"{number:064x}" for number in range(5)])
    slow = f"{3:064x}"
    push.script("apns", {"do": "reply", "address": slow, "status": 429, "body": '{"reason": "TooManyRequests"}'})
    send_due("apns", 20)

    assert states() == {"sent": 4, "pending": 1}
    held_back = Delivery.objects.get(state="pending")
    assert held_back.attempts == 0
    assert timedelta(seconds=50) < held_back.next_at - timezone.now() <= timedelta(seconds=60)
    assert Device.objects.get(wait_until__isnull=False) == held_back.device


def test_a_quota_pauses_the_whole_transport_and_halves_its_rate(push: Providers, settings: Any) -> None:
    settings.PUSH_RATES = {"default": 1e6}
    deliveries_to("fcm", ALIVE)
    scripted(push, 429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", headers={"retry-after": "90"})
    progress = send_due("fcm", 20)

    assert progress.wait is not None
    assert timedelta(seconds=80) < progress.wait <= timedelta(seconds=90)
    assert states() == {"pending": 20}
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {0}


# --- Senders that vanish ---------------------------------------------------------------------------------------------


def test_what_a_vanished_sender_held_is_repeated_with_the_same_id(push: Providers) -> None:
    deliveries_to("fcm", ["phone"])
    claim_one("fcm")
    assert settle_lost(timezone.now()) == 0  # its lease is not over
    later = timezone.now() + timedelta(seconds=121)

    assert settle_lost(later) == 1
    assert (only().state, only().code, only().attempts) == ("pending", "lost", 1)
    Delivery.objects.update(next_at=timezone.now())
    send_due("fcm", 20)
    assert (only().state, only().attempts) == ("sent", 2)


def test_a_sender_that_comes_back_after_its_lease_still_tells_that_it_was_sent(push: Providers) -> None:
    deliveries_to("fcm", ["phone"])
    held = claim_one("fcm")
    settle_lost(timezone.now() + timedelta(seconds=121))
    record("fcm", [(held, SENT)], timezone.now())

    assert (only().state, only().provider_id) == ("sent", "their-number")


def test_a_sender_whose_delivery_another_has_claimed_changes_nothing(push: Providers) -> None:
    deliveries_to("fcm", ["phone"])
    held = claim_one("fcm")
    settle_lost(timezone.now() + timedelta(seconds=121))
    Delivery.objects.update(next_at=timezone.now())
    other = claim_one("fcm")
    refused = Outcome(fate=Fate.REJECTED, action=Action.FAIL, code="late")

    assert record("fcm", [(held, refused)], timezone.now()) == Counter()
    assert (only().state, only().fence) == ("claimed", other.fence)


def test_what_was_left_behind_is_found(push: Providers) -> None:
    deliveries_to("fcm", ["phone"])

    assert waiting(timezone.now()) == ["fcm"]
