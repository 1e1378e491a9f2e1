"""What operators see of notifications, and what each of them may do."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from notifications.models import Delivery, Device, Notification, ProviderState
from tests import accounts
from tests.factories import UserFactory

from .rows import delivery_to, device_of

pytestmark = pytest.mark.django_db

PAGES = ("notification", "device", "reminder", "preference", "inboxitem", "providerstate")


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(name: str, *args: Any) -> str:
    return reverse(f"admin:notifications_{name}", args=args)


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def act(client: Client, name: str, action: str, *rows: Any) -> Any:
    chosen = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(page(f"{name}_changelist"), chosen, follow=True)


@pytest.mark.parametrize("name", PAGES)
def test_every_list_opens_for_those_who_may_look_and_for_nobody_else(name: str) -> None:
    delivery_to(device_of(UserFactory()))
    looker = accounts.person(f"notifications.view_{name}")

    assert client_of(looker).get(page(f"{name}_changelist")).status_code == 200
    assert client_of(accounts.person()).get(page(f"{name}_changelist")).status_code == 403
    assert Client().get(page(f"{name}_changelist")).status_code == 302


def test_a_notifications_page_tells_its_life() -> None:
    delivery = delivery_to(device_of(UserFactory()))
    now = timezone.now()
    Delivery.objects.update(state="sent", code="sent", sent_at=now, received_at=now, opened_at=now)
    Notification.objects.update(decided_at=now)
    shown = text(client_of(accounts.superuser()).get(page("notification_change", delivery.notification_id)))

    device = str(Device.objects.get())
    assert f"file to {device}: the provider has taken it (sent)" in shown
    assert f"opened on {device}" in shown
    assert "dispatched" in shown


def test_a_suppressed_notification_says_why() -> None:
    delivery = delivery_to(device_of(UserFactory()))
    Notification.objects.update(state="suppressed", reason="cap", decided_at=timezone.now())
    shown = text(client_of(accounts.superuser()).get(page("notification_change", delivery.notification_id)))

    assert "suppressed: the person has had as many today as they want" in shown


def test_no_page_shows_an_address() -> None:
    device = device_of(UserFactory())
    client = client_of(accounts.superuser())

    for address in (page("device_changelist"), page("device_change", device.pk)):
        shown = client.get(address).content.decode()
        assert "token-1" not in shown
        assert device.address not in shown
        assert device.address_hash not in shown


def test_a_retired_device_says_why() -> None:
    device = device_of(UserFactory(), state="retired", retired_reason="gone", retired_at=timezone.now())

    assert "the provider says that the app is gone" in text(
        client_of(accounts.superuser()).get(page("device_change", device.pk))
    )


def test_a_test_is_sent_by_those_who_may() -> None:
    device = device_of(UserFactory())
    act(client_of(accounts.person("notifications.view_device")), "device", "send_test", device)
    assert not Notification.objects.exists()
    act(
        client_of(accounts.person("notifications.view_device", "notifications.send_test")),
        "device",
        "send_test",
        device,
    )

    assert Notification.objects.get().kind == "test"


def test_devices_are_retired_by_those_who_may_change_them() -> None:
    device = device_of(UserFactory())
    act(client_of(accounts.person("notifications.view_device")), "device", "retire", device)
    assert Device.objects.get().state == "active"
    act(
        client_of(accounts.person("notifications.view_device", "notifications.change_device")),
        "device",
        "retire",
        device,
    )

    assert (Device.objects.get().retired_reason, Device.objects.get().address) == ("removed", "")


OPERATOR = ("notifications.view_providerstate", "notifications.operate_providerstate")


def test_a_provider_is_paused_resumed_and_its_breaker_closed_by_operators() -> None:
    later = timezone.now() + timedelta(minutes=5)
    state = ProviderState.objects.create(
        transport="fcm", breaker="open", breaker_reason="401", recent="x", retry_at=later
    )
    client = client_of(accounts.person(*OPERATOR))

    assert "open: nothing is sent (401)" in text(client.get(page("providerstate_changelist")))
    act(client, "providerstate", "close_breaker", state)
    assert ProviderState.objects.get().breaker == "closed"
    act(client, "providerstate", "pause_an_hour", state)
    assert "paused until" in text(client.get(page("providerstate_changelist")))
    act(client, "providerstate", "resume", state)
    assert ProviderState.objects.get().paused_until is None


@pytest.mark.parametrize("action", ["pause_an_hour", "resume", "close_breaker"])
def test_who_may_only_look_operates_nothing(action: str) -> None:
    until = timezone.now() + timedelta(hours=9)
    state = ProviderState.objects.create(transport="fcm", breaker="open", paused_until=until, retry_at=until)
    act(client_of(accounts.person("notifications.view_providerstate")), "providerstate", action, state)

    state.refresh_from_db()
    assert (state.breaker, state.paused_until) == ("open", until)


def test_a_pause_with_a_reason_is_set_on_the_providers_page() -> None:
    ProviderState.objects.create(transport="fcm")
    form = {"paused_until_0": "2099-01-01", "paused_until_1": "00:00:00", "paused_reason": "migration"}
    client_of(accounts.person(*OPERATOR)).post(page("providerstate_change", "fcm"), form)

    state = ProviderState.objects.get()
    assert state.paused_until is not None
    assert (state.paused_until.year, state.paused_reason) == (2099, "migration")


def test_a_transport_that_cannot_work_says_why() -> None:
    ProviderState.objects.create(transport="fcm", problem="fcm: set either credentials or credentials_file.")
    shown = text(client_of(accounts.superuser()).get(page("providerstate_changelist")))

    assert "cannot be used: fcm: set either credentials or credentials_file." in shown


def test_all_words_can_be_looked_at_in_all_languages() -> None:
    shown = text(client_of(accounts.person("notifications.view_notification")).get(page("notification_copy")))

    assert "5 habits are due" in shown
    assert "5 Gewohnheiten stehen an" in shown
    assert client_of(accounts.person()).get(page("notification_copy")).status_code == 403
