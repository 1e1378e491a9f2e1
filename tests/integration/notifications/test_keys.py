"""Keys of devices' addresses are replaced while everything runs."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from habits.models import User
from notifications.addresses import current_key_id, opened
from notifications.delivery.sending import send_due
from notifications.models import Device
from notifications.services import renew_keys
from tests.providers import Providers

from .outbox import states
from .rows import deliveries_to, device_of

pytestmark = pytest.mark.django_db


def key(letter: bytes) -> str:
    return urlsafe_b64encode(letter * 32).decode()


def renewed() -> str:
    out = StringIO()
    call_command("renew_push_keys", stdout=out)
    return out.getvalue().rpartition("\r")[2].strip()


def test_addresses_are_encrypted_anew_with_a_new_key(person: User, settings: Any) -> None:
    device = device_of(person)
    settings.PUSH_KEYS = [key(b"k")]
    assert list(renew_keys()) == [1]
    device.refresh_from_db()

    assert device.address.startswith(current_key_id())
    assert opened(device.address, device.address_hash).value == "token-1"
    assert list(renew_keys()) == []


def test_after_the_command_the_old_key_can_go_and_everybody_is_still_reached(push: Providers, settings: Any) -> None:
    settings.PUSH_KEYS = [key(b"o")]
    deliveries_to("fcm", ["one", "two"])
    settings.PUSH_KEYS = [key(b"n"), key(b"o")]
    assert renewed() == "2 addresses encrypted anew; 0 could not be read, and were retired."
    settings.PUSH_KEYS = [key(b"n")]
    send_due("fcm", 20)

    assert states() == {"sent": 2}
    assert {one["address"] for one in push.accepted("fcm")} == {"one", "two"}


def test_what_was_encrypted_with_a_key_that_is_gone_is_retired(person: User, settings: Any) -> None:
    settings.PUSH_KEYS = [key(b"o")]
    device_of(person, 1)
    settings.PUSH_KEYS = [key(b"n")]
    device_of(person, 2)
    settings.PUSH_KEYS = [key(b"x"), key(b"n")]

    assert renewed() == "1 addresses encrypted anew; 1 could not be read, and were retired."
    assert set(Device.objects.values_list("state", "retired_reason")) == {("active", ""), ("retired", "unreadable")}
