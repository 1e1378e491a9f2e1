"""Deliveries against providers that speak the real protocols, and go wrong in every way."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from habits.models import User
from notifications import services
from notifications.delivery.claiming import claim
from notifications.delivery.recording import record
from notifications.delivery.sending import send_due
from notifications.delivery.statements import CLAIMED_AT_ONCE
from notifications.delivery.upkeep import expire, settle_lost, waiting
from notifications.models import Delivery, Device, Preference, ProviderState
from notifications.transports import Action, Kind, Outcome
from tests.factories import CompletionFactory
from tests.providers import Providers
from tests.providers.fcm import failure

from .rows import deliveries_to, delivery_to, device_of, habit_of

pytestmark = pytest.mark.django_db

ALIVE = [f"phone{number}" for number in range(20)]
SENT = Outcome(kind=Kind.OK, action=Action.RECORD, code="sent", provider_id="their-number")


def states() -> Counter[str]:
    return Counter(Delivery.objects.values_list("state", flat=True))


def only() -> Delivery:
    return Delivery.objects.get()


def scripted(push: Providers, code: int, status: str, error: str = "", **values: Any) -> None:
    """Let FCM answer so."""
    import json

    body = json.dumps(failure(code, status, error))
    push.script("fcm", {"do": "reply", "status": code, "body": body, **values})


# --- What goes well --------------------------------------------------------------------------------------------------


def test_every_delivery_is_sent_once_and_says_what_the_provider_called_it(push: Providers) -> None:
    made = deliveries_to("fcm", ALIVE)
    progress = send_due("fcm", 20)

    accepted = push.accepted("fcm")
    assert (progress.counts, progress.is_done, states()) == ({"sent": 20}, True, {"sent": 20})
    assert {one["message"]["data"]["delivery_id"] for one in accepted} == {str(one.pk) for one in made}
    assert set(Delivery.objects.values_list("provider_id", flat=True)) == {one["name"] for one in accepted}


def test_apple_gets_the_delivery_as_its_own_id(push: Providers) -> None:
    deliveries_to("apns", [f"{number:064x}" for number in range(5)])
    send_due("apns", 20)

    assert states() == {"sent": 5}
    ids = {one["headers"]["apns-id"] for one in push.accepted("apns")}
    assert ids == {str(name) for name in Delivery.objects.values_list("pk", flat=True)}


def test_mail_goes_to_the_persons_mailbox_with_a_way_out(push: Providers, person: User, settings: Any) -> None:
    settings.PUBLIC_URL = "https://api.example.org"
    delivery = delivery_to(device_of(person))
    Delivery.objects.update(transport="email", device=None)
    Preference.objects.create(user=person, kind="weekly_report", channel="email", enabled=True)
    send_due("email", 20)

    (message,) = mail.outbox
    assert (message.to, message.subject) == ([person.email], "Your week: 100 %")
    assert "https://api.example.org/api/v1/unsubscribe?token=" in message.body
    assert str(delivery.pk) in message.extra_headers["Message-ID"]


def test_nothing_is_sent_before_its_time(push: Providers) -> None:
    deliveries_to("fcm", ["phone"], next_at=timezone.now() + timedelta(minutes=1))
    send_due("fcm", 20)

    assert states() == {"pending": 1}


# --- What makes no sense any more ------------------------------------------------------------------------------------


def test_a_habit_that_was_done_meanwhile_is_not_reminded_of(push: Providers, person: User) -> None:
    habit = habit_of(person)
    delivery_to(device_of(person, transport="fcm"), kind="habit", habits=[habit.pk])
    CompletionFactory(habit=habit, day=timezone.now().date())
    send_due("fcm", 20)

    assert (only().state, only().code, only().attempts) == ("suppressed", "done", 0)
    assert push.accepted("fcm") == []


def test_what_was_done_meanwhile_is_no_longer_named(push: Providers, person: User) -> None:
    done, left = habit_of(person, "Done"), habit_of(person, "Left")
    delivery_to(device_of(person, transport="fcm"), kind="habit", habits=[done.pk, left.pk])
    CompletionFactory(habit=done, day=timezone.now().date())
    send_due("fcm", 20)

    (accepted,) = push.accepted("fcm")
    assert accepted["message"]["notification"]["title"] == "Left"


@pytest.mark.parametrize(
    ("change", "code"),
    [({"state": "retired", "retired_at": timezone.now()}, "retired"), ({}, "handed_over")],
    ids=["retired", "handed over"],
)
def test_a_device_that_is_no_longer_the_persons_gets_nothing(
    push: Providers, person: User, change: dict[str, Any], code: str
) -> None:
    deliveries_to("fcm", ["phone"])
    Device.objects.update(**(change or {"user": person}))
    send_due("fcm", 20)

    assert (only().state, only().code) == ("suppressed", code)
    assert push.accepted("fcm") == []


def test_who_has_muted_it_meanwhile_gets_nothing(push: Providers) -> None:
    (delivery,) = deliveries_to("fcm", ["phone"])
    user = delivery.notification.user
    Preference.objects.create(user=user, muted_until=timezone.now() + timedelta(hours=1))
    send_due("fcm", 20)

    assert (only().state, only().code) == ("suppressed", "muted")


def test_nothing_is_sent_after_its_expiry(push: Providers) -> None:
    deliveries_to("fcm", ["phone"], not_after=timezone.now() - timedelta(seconds=1))
    send_due("fcm", 20)

    assert (only().state, push.report("fcm")["requests"]) == ("expired", 0)


def test_what_could_not_be_sent_in_time_is_ended_in_the_end(push: Providers) -> None:
    deliveries_to("fcm", ["phone"], not_after=timezone.now() - timedelta(seconds=1))

    assert (expire(timezone.now()), states()) == (1, {"expired": 1})


def test_words_are_private_where_the_person_wants_that(push: Providers, person: User) -> None:
    habit = habit_of(person, "Therapy")
    Preference.objects.create(user=person, private=True)
    delivery_to(device_of(person, transport="fcm"), kind="habit", habits=[habit.pk])
    send_due("fcm", 20)

    (accepted,) = push.accepted("fcm")
    assert accepted["message"]["notification"] == {"title": "Reminder", "body": "It's time for a habit."}
    assert accepted["message"]["android"]["notification"]["visibility"] == "PRIVATE"


# --- Devices ---------------------------------------------------------------------------------------------------------


def test_dead_tokens_retire_their_devices_and_hold_nobody_up(push: Providers) -> None:
    deliveries_to("fcm", [*(f"dead{number}" for number in range(300)), *ALIVE])
    send_due("fcm", 30)

    assert states() == {"rejected": 300, "sent": 20}
    assert Device.objects.filter(state="retired", retired_reason="gone", address="").count() == 300
    assert Device.objects.filter(state="active").count() == 20


def test_a_device_that_registered_again_meanwhile_is_not_retired(push: Providers) -> None:
    (delivery,) = deliveries_to("fcm", ["dead1"])
    batch = claim_one("fcm")
    Device.objects.update(registered_at=timezone.now())
    gone = Outcome(kind=Kind.REJECTED, action=Action.RETIRE, code="UNREGISTERED", device_dead=True)
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


# --- Unknown, repeated, put off --------------------------------------------------------------------------------------


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
    for _ in range(3):  # a connection that ends just as a message is handed over leaves that one without an answer
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


# --- The breaker -----------------------------------------------------------------------------------------------------


def test_a_wrong_credential_opens_the_breaker_without_a_storm_of_tokens(push: Providers) -> None:
    deliveries_to("fcm", [f"phone{number}" for number in range(600)])
    scripted(push, 401, "UNAUTHENTICATED")
    send_due("fcm", 20)

    state = ProviderState.objects.get(transport="fcm")
    assert (state.breaker, states()) == ("open", {"pending": 600})
    assert push.report("oauth")["requests"] <= 2
    before = push.report("fcm")["requests"]
    assert before <= CLAIMED_AT_ONCE  # of one batch, and most of it not even tried
    progress = send_due("fcm", 20)
    assert progress.wait is not None
    assert push.report("fcm")["requests"] == before


def test_a_breaker_lets_one_message_through_and_closes_when_it_passes(push: Providers) -> None:
    deliveries_to("fcm", ALIVE)
    scripted(push, 403, "PERMISSION_DENIED", times=20)
    send_due("fcm", 20)
    push.script("fcm")
    before = push.report("fcm")["requests"]
    ProviderState.objects.update(retry_at=timezone.now())
    assert claim("fcm", timezone.now()).held[1:] == []
    assert claim("fcm", timezone.now()).held == ()  # while the trial is out

    assert ProviderState.objects.get(transport="fcm").breaker == "half_open"
    assert push.report("fcm")["requests"] == before


def test_an_operator_closes_the_breaker_and_everything_goes_out(push: Providers) -> None:
    deliveries_to("fcm", ALIVE)
    scripted(push, 403, "PERMISSION_DENIED", times=20)
    send_due("fcm", 20)
    push.script("fcm")
    services.close_breaker(transport="fcm")
    send_due("fcm", 20)

    assert states() == {"sent": 20}


def test_a_paused_transport_sends_nothing_until_it_is_resumed(push: Providers) -> None:
    deliveries_to("fcm", ALIVE)
    services.pause_provider(transport="fcm", until=timezone.now() + timedelta(hours=1), reason="migration")
    progress = send_due("fcm", 20)
    assert progress.wait is not None
    assert (states(), push.report("fcm")["requests"]) == ({"pending": 20}, 0)
    services.resume_provider(transport="fcm")
    send_due("fcm", 20)

    assert states() == {"sent": 20}


def test_a_transport_that_cannot_work_says_why_and_leaves_everything_pending(push: Providers, settings: Any) -> None:
    deliveries_to("unheard", ["phone"])
    progress = send_due("unheard", 20)

    assert progress.wait == timedelta(seconds=60)
    assert "There is no transport “unheard”" in ProviderState.objects.get(transport="unheard").problem
    assert states() == {"pending": 1}


# --- Senders that vanish ---------------------------------------------------------------------------------------------


def claim_one(transport: str) -> Any:
    """Claim the one delivery that there is, as soon as the ramp allows it."""
    while not (batch := claim(transport, timezone.now())).held:
        assert batch.wait is not None
    return batch.held[0]


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
    refused = Outcome(kind=Kind.REJECTED, action=Action.FAIL, code="late")

    assert record("fcm", [(held, refused)], timezone.now()) == Counter()
    assert (only().state, only().fence) == ("claimed", other.fence)


def test_what_was_left_behind_is_found(push: Providers) -> None:
    deliveries_to("fcm", ["phone"])

    assert waiting(timezone.now()) == ["fcm"]


# --- The rate --------------------------------------------------------------------------------------------------------


def test_no_more_is_claimed_than_the_rate_allows(push: Providers, settings: Any) -> None:
    settings.PUSH_RATES = {"default": 100.0}
    deliveries_to("fcm", [f"phone{number}" for number in range(150)])
    start = timezone.now()
    claimed = sum(len(claim("fcm", start + timedelta(seconds=second / 10)).held) for second in range(21))

    assert claimed <= 100 * 2 * 2 / 60 / 2 + 1  # the ramp's first two seconds
    assert claimed >= 2
