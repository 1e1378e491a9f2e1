"""Providers on this machine, and the product's transports to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from notifications.transports import Outgoing, SubscriptionKeys
from notifications.transports.apns import APNs
from notifications.transports.configuration import build
from notifications.transports.fcm import FCM
from notifications.transports.webpush import WebPush
from notifications.transports.wire import close
from notifications.transports.wire.lane import LONGEST_WAIT
from tests.providers import Providers

Build = Callable[..., Any]


@pytest.fixture
def providers(played_providers: Providers) -> Iterator[Providers]:
    """The providers, with nothing accepted and nothing scripted; connections are the test's own."""
    played_providers.clear()
    yield played_providers
    close()


@pytest.fixture
def long_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets a server that could not be reached be left alone for a minute, so that a busy machine sees no second try."""
    monkeypatch.setattr("notifications.transports.wire.lane.random.uniform", lambda *_: LONGEST_WAIT)


@pytest.fixture
def make_fcm(providers: Providers) -> Build:
    return lambda **options: build("fcm", {**providers.options("fcm"), **options})


@pytest.fixture
def make_apns(providers: Providers) -> Build:
    return lambda **options: build("apns", {**providers.options("apns"), **options})


@pytest.fixture
def make_webpush(providers: Providers) -> Build:
    return lambda **options: build("webpush", {**providers.options("webpush"), **options})


@pytest.fixture
def fcm(make_fcm: Build) -> FCM:
    return make_fcm()


@pytest.fixture
def apns(make_apns: Build) -> APNs:
    return make_apns()


@pytest.fixture
def webpush(make_webpush: Build) -> WebPush:
    return make_webpush()


def message(address: str, **values: Any) -> Outgoing:
    """Give a reminder for a device."""
    given = {
        "id": uuid4(),
        "title": "Meditate",
        "body": "Ten minutes, before breakfast",
        "collapse_id": "habit-42_2026-01-05",
        "not_after": datetime.now(UTC) + timedelta(hours=1),
        **values,
    }
    return Outgoing(address=address, **given)


def device(number: int) -> str:
    """Give the device token of a number, in Apple's form."""
    return f"{number:064x}"


def messages(number: int, **values: Any) -> list[Outgoing]:
    """Give a message for each of so many devices."""
    return [message(device(index), **values) for index in range(number)]


def dead(number: int) -> list[Outgoing]:
    """Give messages for devices that are gone."""
    return [message(f"dead{index:060x}") for index in range(number)]


def subscribed(subscription: dict[str, str], **values: Any) -> Outgoing:
    """Give a message for a browser."""
    keys = SubscriptionKeys(subscription["p256dh"], subscription["auth"])
    return message(subscription["endpoint"], keys=keys, **values)
