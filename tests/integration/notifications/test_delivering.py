"""What is due is sent once, and what makes no sense any more is not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from habits.models import User
from notifications.delivery.claiming import claim
from notifications.delivery.sending import send_due
from notifications.delivery.upkeep import expire
from notifications.models import Delivery, Device, Preference
from tests.factories import CompletionFactory
from tests.providers import Providers

from .outbox import ALIVE, only, states
from .rows import deliveries_to, delivery_to, device_of, habit_of

pytestmark = pytest.mark.django_db


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
    delivery = delivery_to(device_of(person, transport="fcm"), kind="habit", habits=[habit.pk])
    CompletionFactory(habit=habit, day=delivery.notification.day)
    send_due("fcm", 20)

    assert (only().state, only().code, only().attempts) == ("suppressed", "done", 0)
    assert push.accepted("fcm") == []


def test_what_was_done_meanwhile_is_no_longer_named(push: Providers, person: User) -> None:
    done, left = habit_of(person, "Done"), habit_of(person, "Left")
    delivery = delivery_to(device_of(person, transport="fcm"), kind="habit", habits=[done.pk, left.pk])
    CompletionFactory(habit=done, day=delivery.notification.day)
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


# --- The rate --------------------------------------------------------------------------------------------------------


def test_no_more_is_claimed_than_the_rate_allows(push: Providers, settings: Any) -> None:
    settings.PUSH_RATES = {"default": 100.0}
    deliveries_to("fcm", [f"phone{number}" for number in range(150)])
    start = timezone.now()
    claimed = sum(len(claim("fcm", start + timedelta(seconds=second / 10)).held) for second in range(21))

    assert claimed <= 100 * 2 * 2 / 60 / 2 + 1  # the ramp's first two seconds
    assert claimed >= 2
